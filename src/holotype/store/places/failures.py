"""What the errors of object storage mean to a person, and what to do about them.

They are told by the code that the server gives, which its text carries; the rest of the text, which
may name hosts and requests, is not passed on whole.
"""

from __future__ import annotations

import re

__all__ = ["is_interrupted", "is_out_of_range", "meaning"]

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (for a profile: "
    "aws configure export-credentials --format env)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS (or run gcloud auth application-default login)",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY (or run az login)",
}
_NONE_FOUND = re.compile(
    r"169\.254\.169\.254|latest/api/token|metadata\.google\.internal|[Cc]redential"
    r"|MissingAccount|Account must be"
)
_WRONG = re.compile(
    r"SignatureDoesNotMatch|InvalidAccessKeyId|ExpiredToken|InvalidToken|AuthenticationFailed"
    r"|UnauthenticatedError|401 Unauthorized"
)
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist")
_DENIED = re.compile(r"403 Forbidden|AccessDenied|AuthorizationPermissionMismatch")
_NO_ANSWER = re.compile(r"error sending request|HTTP error|timed out|error decoding response")
_BEYOND = re.compile(r"416 Range Not Satisfiable|InvalidRange|Invalid range: ")
_STATUS = re.compile(r"status code: (\d{3} [A-Za-z -]+)")
_NEVER_SENT = re.compile(r"kind: (Connect|Builder)\b")


def is_interrupted(error: Exception) -> bool:
    """Whether a connection was made and broke off, so that nobody knows what became of it."""
    text = str(error)
    return _NO_ANSWER.search(text) is not None and _NEVER_SENT.search(text) is None


def is_out_of_range(error: Exception) -> bool:
    """Whether bytes were asked for that are beyond the end."""
    return _BEYOND.search(str(error)) is not None


def meaning(error: Exception, scheme: str, bucket: str, key: str) -> str:
    """One sentence on what is wrong, and what to do."""
    text = str(error)
    what = key or "it"
    credentials = _CREDENTIALS.get(scheme, "the credentials")
    if _NO_BUCKET.search(text):
        return f"there is no bucket {bucket}; make it first, or check the name and the endpoint"
    if _WRONG.search(text):
        return f"the credentials are not accepted; check {credentials}"
    if _DENIED.search(text) and "169.254.169.254" not in text:
        return f"permission denied for {what}; ask the owner of {bucket} for the right"
    if _NONE_FOUND.search(text):
        return f"no credentials were found; set {credentials}"
    if "BadScheme" in text:
        return "an endpoint without encryption is used only if it is named: endpoint=http://…"
    if _NO_ANSWER.search(text):
        return (
            f"the server does not answer ({what}); check the network and the endpoint, then try "
            "again: what was stored before is unchanged"
        )
    status = _STATUS.search(text)
    answer = status[1].strip() if status else text.partition("\n")[0][:200]
    return f"the request for {what} failed ({answer}); try again later"
