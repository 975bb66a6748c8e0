"""Fields that take a JSON type as it is and convert nothing."""

import math
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.validators import RegexValidator
from django.utils.dateparse import parse_datetime
from rest_framework import serializers

ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:+@=~-]*"
TEXT_LIMIT = 20_000
LARGEST_INTEGER = 2**31 - 1


class Text(serializers.CharField):
    """A JSON string; spaces are kept."""

    default_error_messages = {"invalid": "must be a string"}

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """Refuse numbers and booleans, which the framework would turn into text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class LongText(Text):
    """Free text; what is beyond the limit is cut, because a report must not fail for it."""

    def to_internal_value(self, data: Any) -> str:
        """Cut the text."""
        text = super().to_internal_value(data)
        return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"


def pattern_text(pattern: str, message: str, **options: Any) -> Text:
    """Make a text field that matches a pattern as a whole."""
    return Text(validators=[RegexValidator(rf"\A(?:{pattern})\Z", message)], **options)


def identifier(**options: Any) -> Text:
    """Make a field for an id, which must be usable in an address."""
    return pattern_text(
        ID_PATTERN, "must be letters, digits and ._:+@=~-", max_length=200, **options
    )


class Choice(serializers.ChoiceField):
    """One of a few strings."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse what is not a string, and name the choices."""
        if not isinstance(data, str) or data not in self.choices:
            raise serializers.ValidationError(f"must be one of {', '.join(self.choices)}")
        return data


class Integer(serializers.IntegerField):
    """A JSON integer, from 0 to what a column holds."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=LARGEST_INTEGER, **options)

    def to_internal_value(self, data: Any) -> int:
        """Refuse strings, fractions and booleans."""
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError("must be an integer")
        return data


class Seconds(serializers.FloatField):
    """A JSON number that is a duration."""

    def to_internal_value(self, data: Any) -> float:
        """Refuse strings, booleans, negative numbers and infinity (JSON's 1e999)."""
        number = isinstance(data, (int, float)) and not isinstance(data, bool)
        # Compared before any conversion: a huge integer has no float.
        if not number or not 0 <= data <= LARGEST_INTEGER or math.isnan(data):
            raise serializers.ValidationError("must be a number of seconds, 0 or more")
        return float(data)


class Flag(serializers.BooleanField):
    """A JSON boolean."""

    def to_internal_value(self, data: Any) -> bool:
        """Refuse 1, "true" and the like."""
        if not isinstance(data, bool):
            raise serializers.ValidationError("must be true or false")
        return data


class Moment(serializers.DateTimeField):
    """An ISO 8601 time with an offset, kept in UTC."""

    def to_internal_value(self, data: Any) -> datetime:
        """Refuse times without an offset, whose meaning would be a guess."""
        try:
            moment = parse_datetime(data) if isinstance(data, str) else None
            if moment is None or moment.tzinfo is None:
                raise ValueError
            return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            message = "must be an ISO 8601 time with an offset, like 2026-01-31T12:00:00Z"
            raise serializers.ValidationError(message) from None


class WebAddress(Text):
    """An http or https address; anything else could run in the browser that shows it as a link."""

    def to_internal_value(self, data: Any) -> str:
        """Refuse other schemes, credentials and addresses without a host."""
        text = super().to_internal_value(data)
        try:
            parts = urlsplit(text)
            usable = parts.scheme in ("http", "https") and parts.hostname and not parts.password
        except ValueError:
            usable = False
        if not usable or re.search(r"\s", text):
            raise serializers.ValidationError("must be an http or https address")
        return text
