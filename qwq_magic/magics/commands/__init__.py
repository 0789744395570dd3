"""The line magics other than `%qwq`, one file each."""
