"""Secrets that are known by their form, whosever they are: keys of clouds, tokens of services, private keys."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# Of detect-secrets those whose form is hardly met by chance; its guesses by entropy or by a word nearby are left out.
_DETECTORS = {
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "jwt": "JwtTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "private_key": "PrivateKeyDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "stripe": "StripeDetector",
    "twilio": "TwilioKeyDetector",
}


def finder() -> Callable[[bytes], set[str]]:
    """Give what names the kinds of secrets in a piece of a file; what is no text has none."""
    detectors = [getattr(import_module(f"detect_secrets.plugins.{name}"), kind)() for name, kind in _DETECTORS.items()]

    def find(data: bytes) -> set[str]:
        if b"\0" in data:
            return set()
        text = data.decode(errors="replace")
        return {str(one.secret_type) for one in detectors if any(one.analyze_string(text))}

    return find
