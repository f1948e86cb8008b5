from django.apps import AppConfig


class ScenariosConfig(AppConfig):
    name = "casework.scenarios"
    label = "scenarios"
