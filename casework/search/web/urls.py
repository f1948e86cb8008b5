"""Addresses of the search and of saved filters."""

from django.urls import path

from casework.search.web import filters, views

app_name = "search"
urlpatterns = [
    path("search/", views.find, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path("search/filters/", filters.filters, name="filters"),
    path("search/filters/new/", filters.new, name="filter-new"),
    path("search/filters/<int:pk>/alert/", filters.alert, name="filter-alert"),
    path("search/filters/<int:pk>/drop/", filters.drop, name="filter-drop"),
]
