"""A setting that is a key: taken as text, kept as an `ApiKey`, shown by nobody.

Configurations also remember what they were given, `%config` only after it has set the
trait, so the text is replaced there when a cell has run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from traitlets import TraitError, TraitType
from traitlets.config import Configurable

from qwq_magic.keys import ApiKey

if TYPE_CHECKING:
    _Trait = TraitType["ApiKey | None", "str | ApiKey | None"]
else:
    # Only recent versions take parameters, and only type checkers need them.
    _Trait = TraitType


class KeyTrait(_Trait):
    """None where no key was given."""

    default_value = None
    allow_none = True
    info_text = "a key, as text"

    def validate(self, obj: Configurable, value: object) -> ApiKey | None:
        if isinstance(value, ApiKey):
            return value
        if not isinstance(value, str):
            # Not the value: it may be a key in a list.
            raise TraitError(f"{self.name} takes a key as text.")
        source = f"{type(obj).__name__}.{self.name}"
        # What was typed is no longer a local once this has returned.
        return ApiKey(value.strip(), source=source) if value.strip() else None


def hide_keys(owner: Configurable) -> None:
    """Replace keys in the configurations of `owner` and of its parents by what hides them."""
    configurable: Configurable | None = owner
    while isinstance(configurable, Configurable):
        section = configurable.config.get(type(owner).__name__, {})
        for name in owner.traits(config=True):
            if isinstance(getattr(owner, name), ApiKey) and name in section:
                section[name] = getattr(owner, name)
        configurable = configurable.parent
