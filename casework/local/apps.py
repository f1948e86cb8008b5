from django.apps import AppConfig


class LocalConfig(AppConfig):
    name = "casework.local"
    label = "local"
