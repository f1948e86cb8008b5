"""Address of the search."""

from django.urls import path

from casework.search.web import views

app_name = "search"
urlpatterns = [path("search/", views.find, name="search")]
