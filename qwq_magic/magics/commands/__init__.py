"""The line magics besides `%qwq`, one file each."""
