/* What was typed outlives the end of a session. A form that is sent is noted in this tab until the next page: when that
   is the door and not the answer, the text is put back once the same person has come in again. Nothing is noted of
   passwords, files and hidden fields, nor of forms marked data-unkept, which name those whose names may lie nowhere else;
   nobody else's text is ever put back: it is dropped, as is one for which nobody came back within the hour. */
(function () {
  'use strict';
  var KEY = 'cw-typed', MOST = 500000, MINUTES = 60;
  var who = document.body.getAttribute('data-who'); // absent at the door

  function noted() {
    try { return JSON.parse(sessionStorage.getItem(KEY)); } catch (error) { return null; }
  }
  function note(found) {
    try {
      var text = JSON.stringify(found);
      if (text.length < MOST) { sessionStorage.setItem(KEY, text); } else { sessionStorage.removeItem(KEY); }
    } catch (error) { /* a browser that keeps nothing: as before */ }
  }
  function drop() {
    try { sessionStorage.removeItem(KEY); } catch (error) { /* nothing is there */ }
  }
  function here() { return location.pathname + location.search; }
  function forms() { return Array.prototype.slice.call(document.querySelectorAll('main form[method=post]')); }
  function controls(form) {
    return Array.prototype.filter.call(form.elements, function (one) {
      return one.name && !/^(hidden|password|file|submit|button|reset|fieldset)$/.test(one.type);
    });
  }

  document.addEventListener('submit', function (event) {
    var form = event.target, place = forms().indexOf(form);
    if (event.defaultPrevented || !who || place < 0 || form.matches('[data-bulk], [data-unkept]')) { return; }
    var values = controls(form).map(function (one) {
      if (/^(checkbox|radio)$/.test(one.type)) { return one.checked; }
      if (one.multiple) { return Array.prototype.map.call(one.selectedOptions, function (chosen) { return chosen.value; }); }
      return one.value;
    });
    note({ who: who, path: here(), place: place, values: values, at: Date.now() });
  });

  function put(one, value) {
    if (/^(checkbox|radio)$/.test(one.type)) {
      one.checked = value;
    } else if (one.tomselect) {
      one.tomselect.setValue(value, true);
    } else if (one.multiple) {
      Array.prototype.forEach.call(one.options, function (option) { option.selected = value.indexOf(option.value) >= 0; });
    } else {
      one.value = value;
    }
  }

  function look() {
    var found = noted();
    if (!found) { return; }
    if (!who) { // the door, or the page that says that somebody signed in again
      var left = found.at + MINUTES * 60000 - Date.now();
      if (left < 0) { drop(); return; }
      found.lost = true;
      note(found);
      setTimeout(drop, left);
      return;
    }
    if (!found.lost || found.who !== who || Date.now() - found.at > MINUTES * 60000) { drop(); return; }
    if (here() !== found.path) { // the form sends elsewhere: back to where it stands, once
      if (found.led) { drop(); return; }
      found.led = true;
      note(found);
      location.replace(found.path);
      return;
    }
    drop();
    var form = forms()[found.place], fields = form ? controls(form) : [];
    if (!form || fields.length !== found.values.length) { return; }
    fields.forEach(function (one, number) { put(one, found.values[number]); });
    fields.some(function (one) { one.dispatchEvent(new Event('input', { bubbles: true })); return true; });
    var place = document.getElementById('page-error'), text = document.getElementById('typed-back');
    if (place && text) { place.replaceChildren(text.content.cloneNode(true)); }
  }

  document.addEventListener('click', function (event) {
    var back = event.target.closest ? event.target.closest('[data-back]') : null, found = noted();
    if (back && !who && found && found.lost) {
      event.preventDefault();
      event.stopImmediatePropagation();
      location.assign(found.path);
    }
  }, true);

  look();
}());
