/* What every page does: dialogs, toasts, menus, blocked buttons, forms that warn before typed text is lost.
   Everything here is an addition: pages work without it. */
(function () {
  'use strict';

  function all(selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); }
  function target(event, selector) { return event.target.closest ? event.target.closest(selector) : null; }

  /* dialogs, menus, the phone's side bar ------------------------------------------------------------------- */
  document.addEventListener('click', function (event) {
    var opener = target(event, '[data-open]');
    if (opener) {
      var dialog = document.getElementById(opener.getAttribute('data-open'));
      if (dialog && dialog.showModal) { event.preventDefault(); dialog.showModal(); }
    }
    var closer = target(event, '[data-close]');
    if (closer) {
      var box = closer.closest('dialog, [data-toast]');
      if (box && box.close) { box.close(); } else if (box) { box.remove(); }
    }
    if (event.target.tagName === 'DIALOG') { event.target.close(); }
    all('details[data-menu][open]').forEach(function (menu) {
      if (!menu.contains(event.target)) { menu.removeAttribute('open'); }
    });
    if (target(event, '[data-back]')) { history.back(); }
    if (target(event, '[data-print]')) { window.print(); }
    var nav = document.getElementById('nav');
    if (target(event, '[data-nav]') && nav) {
      event.preventDefault();
      nav.classList.toggle('open');
      if (nav.classList.contains('open')) { nav.querySelector('a').focus(); }
    } else if (nav && nav.classList.contains('open') && !nav.contains(event.target)) {
      nav.classList.remove('open');
    }
    var copy = target(event, '[data-copy]');
    if (copy && navigator.clipboard) { navigator.clipboard.writeText(copy.getAttribute('data-copy')); }
  });

  /* where a line of steps is wider than the screen, the present step is what is seen of it ------------------- */
  all('.st').forEach(function (line) {
    var now = line.querySelector('[aria-current]');
    if (now && line.scrollWidth > line.clientWidth) {
      line.scrollLeft += now.getBoundingClientRect().left - line.getBoundingClientRect().left - line.clientWidth / 3;
    }
  });

  /* who signs out is told what waits on this device alone (on-site capture notes the number) ------------------- */
  function unsent() {
    try { return Number(localStorage.getItem('cw-unsent')) || 0; } catch (error) { return 0; }
  }
  document.addEventListener('submit', function (event) {
    var text = event.target.getAttribute('data-unsent-ask');
    var waiting = text ? unsent() : 0;
    if (waiting && !window.confirm(text.replace('%s', waiting))) { event.preventDefault(); }
  });
  all('[data-unsent-told]').forEach(function (note) {
    var said = note.querySelector('[data-n]');
    note.hidden = !unsent();
    if (said) { said.textContent = unsent(); }
  });

  /* a blocked button leads to the first thing that is missing ------------------------------------------------- */
  document.addEventListener('click', function (event) {
    var button = target(event, '[aria-disabled=true]');
    if (!button) { return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    var said = document.getElementById(button.getAttribute('aria-describedby') || '');
    var scope = (said && said.closest('.card')) || button.closest('.card') || document;
    var first = scope.querySelector('[data-missing]') || said;
    if (first) {
      if (!first.hasAttribute('tabindex') && first.tagName !== 'A') { first.setAttribute('tabindex', '-1'); }
      first.focus();
      first.scrollIntoView({ block: 'center' });
    }
  }, true);

  /* toasts: eight seconds, longer while they have the focus or the pointer --------------------------------------- */
  function watchToast(toast) {
    if (toast.dataset.watched || toast.dataset.toast === 'stays') { return; }
    toast.dataset.watched = '1';
    function leave() {
      if (toast.matches(':hover') || toast.contains(document.activeElement)) { setTimeout(leave, 2000); } else { toast.remove(); }
    }
    setTimeout(leave, 8000);
  }

  /* typed text: warn before leaving, keep on error ------------------------------------------------------------- */
  var typed = new Set();
  document.addEventListener('input', function (event) {
    var form = event.target.form;
    if (form && form.method === 'post' && !form.hasAttribute('data-bulk')) { typed.add(form); }
  });
  document.addEventListener('submit', function (event) { typed.delete(event.target); });
  window.addEventListener('beforeunload', function (event) {
    var open = Array.from(typed).some(function (form) { return document.contains(form); });
    if (open) { event.preventDefault(); event.returnValue = ''; }
  });
  /* two presses must not send twice */
  document.addEventListener('submit', function (event) {
    var form = event.target;
    if (form.method !== 'post' || form.dataset.sent === '1') {
      if (form.dataset.sent === '1') { event.preventDefault(); }
      return;
    }
    form.dataset.sent = '1';
    setTimeout(function () { delete form.dataset.sent; }, 3000);
  });
  window.addEventListener('pageshow', function () { all('form').forEach(function (form) { delete form.dataset.sent; }); });

  /* who comes back to a page and sends its form again sends the same form: its number stays with the place in the history,
     also where the browser has fetched the page anew -------------------------------------------------------------- */
  function named(form) {
    return [form.getAttribute('action') || ''].concat(all('[name]', form).map(function (one) { return one.name; })).join(' ');
  }
  document.addEventListener('submit', function (event) {
    var number = event.target.querySelector('input[name=once]');
    if (event.defaultPrevented || !number) { return; }
    var state = Object.assign({}, history.state);
    state.once = Object.assign({}, state.once);
    state.once[named(event.target)] = number.value;
    history.replaceState(state, '');
  });
  all('input[name=once]').forEach(function (number) {
    var sent = history.state && history.state.once && history.state.once[named(number.form)];
    if (sent) { number.value = sent; }
  });

  /* what is wider than the screen moves sideways by the arrow keys too; what fits is no stop of the keyboard ------ */
  function reach() {
    all('.tw, .pic-w, .st').forEach(function (box) {
      if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; } else { box.removeAttribute('tabindex'); }
    });
  }
  window.addEventListener('resize', reach);

  /* long choices search as one types ------------------------------------------------------------------------ */
  function dress(root) {
    all('[data-toast]', root).forEach(watchToast);
    var wrong = root.querySelector && root.querySelector('[data-focus]');
    if (wrong) { wrong.focus(); }
    reach();
    if (window.TomSelect) {
      all('select[data-choose]', root).forEach(function (select) {
        if (!select.tomselect) {
          new window.TomSelect(select, { allowEmptyOption: true, maxOptions: 200, plugins: select.multiple ? ['remove_button'] : [] });
          // The choice that one types in takes over the label; what is left of the plain one is for the form alone.
          select.setAttribute('aria-hidden', 'true');
        }
      });
    }
  }

  /* htmx: the connection is lost ---------------------------------------------------------------------------- */
  document.addEventListener('htmx:sendError', function () {
    var place = document.getElementById('page-error');
    var text = document.getElementById('net-error');
    if (place && text) { place.replaceChildren(text.content.cloneNode(true)); }
  });
  document.addEventListener('htmx:beforeRequest', function () {
    var place = document.getElementById('page-error');
    if (place) { place.replaceChildren(); }
  });
  document.addEventListener('htmx:afterSwap', function () { dress(document); });

  dress(document);
  window.casework = { all: all, target: target };
}());
