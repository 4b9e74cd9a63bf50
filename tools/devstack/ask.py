"""make api and make metrics: asks the router. The password is sent with the request, and never appears in a command line."""

import urllib.error

from . import credentials, health
from .settings import UserError

ANSWER_SECONDS = 10
QUESTIONS = {"api": ("the Control API", "API_PORT", "/v3/paths/list"),
             "metrics": ("the router", "METRICS_PORT", "/metrics")}


def ask(settings, word):
    """The text of the answer."""
    name, variable, path = QUESTIONS[word]
    port = getattr(settings, variable.lower())
    try:
        return health.fetch(settings.url("http", port, path), credentials.api_header(settings), ANSWER_SECONDS)
    except urllib.error.HTTPError as refused:
        raise UserError(f"{name} on port {port} answers {refused.code}: does it belong to another RUN_DIR than "
                        f"{settings.run_dir}, which has the passwords?") from None
    except OSError:
        raise UserError(f"{name} does not answer on port {port} (make dev starts the stack; {variable}=<port> for "
                        "another one)") from None
