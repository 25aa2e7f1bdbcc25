"""What a web server loads: `gunicorn wsgi:app`."""

from backend.app import create_app
from backend.kit import garbage
from backend.kit.log_lines import start_logging
from backend.settings import load

settings = load()
start_logging(settings.service.log_level)
app = create_app(settings)
garbage.settle()
