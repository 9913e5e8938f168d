"""The Django project around django-classified: its own templates and admin, nothing changed."""

from pathlib import Path
from typing import Any

import django
from django import conf

SUPERUSER, PASSWORD = "moderator", "a password of this test site"
_CONTRIB = ("admin", "auth", "contenttypes", "messages", "sessions", "staticfiles", "sites")
_CONTEXT = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "django_classified.context_processors.common_values",
)


def set_up(folder: Path) -> None:
    """Configure Django for a site whose database and pictures live in this folder."""
    conf.settings.configure(**_options(folder))
    django.setup()


def _options(folder: Path) -> dict[str, Any]:
    return {
        "SECRET_KEY": "only for a site on loopback that lives as long as a test",
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost"],
        "ROOT_URLCONF": "tests.classified.urls",
        "SITE_ID": 1,
        "USE_TZ": True,
        "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
        "STATIC_URL": "/static/",
        "MEDIA_URL": "/media/",
        "MEDIA_ROOT": str(folder / "media"),
        "INSTALLED_APPS": [
            *(f"django.contrib.{name}" for name in (*_CONTRIB, "humanize", "sitemaps")),
            "sorl.thumbnail",
            "django_classified",
        ],
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": list(_CONTEXT)},
            }
        ],
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(folder / "site.sqlite"),
                "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
            }
        },
        "DCF_SITE_NAME": "Chợ Thử",
        "DCF_CURRENCY": "USD",
        "DCF_LOGIN_TO_CONTACT": False,
    }
