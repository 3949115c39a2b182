// Forms: files are stored when they are chosen, and typed text is kept until it is sent.
// Every page works without this script.
"use strict";
(() => {
const body = document.body;
const person = body.dataset.person || "";
const forms = [...document.querySelectorAll("main form[method=post]")]
  .filter((form) => !form.querySelector("[type=password]"));

// --- Files ---
let activeUploads = 0;
let waitingSubmit = null;
let uploadQueue = Promise.resolve();

// A file that is on its way would be lost with the page: the browser asks first.
window.addEventListener("beforeunload", (event) => {
  if (activeUploads > 0) event.preventDefault();
});

function chooseFiles(input) {
  const files = [...input.files];
  // The form sends the ids of stored files. A second choice adds to the first.
  input.value = "";
  input.parentElement.querySelectorAll(".upload.mistake").forEach((row) => row.remove());
  files.forEach((file) => addFile(input, file));
}

function addFile(input, file) {
  const row = document.createElement("p");
  row.className = "upload";
  row.setAttribute("role", "status");
  const name = document.createElement("bdi");
  name.textContent = file.name;
  row.append(name);
  input.after(row);
  const refusal = refusalOf(input, file);
  if (refusal) showFailure(row, refusal);
  else queueUpload(input, file, row);
}

function refusalOf(input, file) {
  if (file.size > Number(input.dataset.maxBytes)) return fill(input.dataset.tooLarge, file);
  if (file.size === 0) return fill(input.dataset.empty, file);
  if (keptFiles(input).length + activeUploads >= Number(input.dataset.maxFiles))
    return input.dataset.tooMany;
  return null;
}

const fill = (sentence, file) => sentence.replace("{name}", file.name);
const keptFiles = (input) =>
  [...input.form.querySelectorAll(`[name="kept_${input.name}"]:checked`)];

function queueUpload(input, file, row) {
  activeUploads += 1;
  // The browser would ask for a file although one is on its way.
  input.required = false;
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  row.append(" ", bar);
  uploadQueue = uploadQueue
    .then(() => upload(input, file, bar))
    .then((refusal) => finishUpload(input, file, row, refusal));
}

async function upload(input, file, bar) {
  let answer = await post(input, file, bar);
  // The person may have logged in again in another window.
  if ([401, 403].includes(answer.status) && (await renewMarks()))
    answer = await post(input, file, bar);
  if (answer.status === 401 || answer.status === 403) return input.dataset.lapsed;
  const page = new DOMParser().parseFromString(answer.responseText, "text/html");
  if (answer.status === 200) {
    addStored(input, page);
    return null;
  }
  return page.querySelector("[data-upload-refusal]")?.textContent ?? input.dataset.failed;
}

function post(input, file, bar) {
  const fields = new FormData();
  fields.append("mark", input.form.elements.mark.value);
  const random = crypto.getRandomValues(new Uint8Array(16));
  fields.append("once", [...random].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  fields.append(input.name, file);
  const request = new XMLHttpRequest();
  request.open("POST", "/uploads");
  request.upload.addEventListener("progress", (event) => {
    bar.value = (100 * event.loaded) / event.total;
  });
  return new Promise((resolve) => {
    request.addEventListener("loadend", () => resolve(request));
    request.send(fields);
  });
}

async function renewMarks() {
  const answer = await fetch("/account");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.body.dataset.person !== person) return false;
  const mark = page.querySelector("[name=mark]").value;
  document.querySelectorAll("[name=mark]").forEach((field) => { field.value = mark; });
  return true;
}

function addStored(input, page) {
  const list = document.getElementById(`kept-${input.name}`);
  list.append(...page.querySelectorAll("label"));
  list.hidden = false;
  saveDraft(input.form);
}

function finishUpload(input, file, row, refusal) {
  activeUploads -= 1;
  if (refusal) {
    waitingSubmit = null;
    showFailure(row, fill(refusal, file), () => addFile(input, file));
  } else row.remove();
  if (!activeUploads && waitingSubmit) waitingSubmit();
}

function showFailure(row, sentence, retry) {
  row.className = "upload mistake";
  row.setAttribute("role", "alert");
  row.textContent = sentence;
  if (!retry) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second";
  button.textContent = document.getElementById("texts").dataset.retry;
  button.addEventListener("click", () => { row.remove(); retry(); });
  row.append(" ", button);
}

function waitForUploads(event) {
  const form = event.target;
  if (!activeUploads || !form.querySelector("[data-max-bytes]")) return false;
  event.preventDefault();
  waitingSubmit = () => { waitingSubmit = null; form.requestSubmit(event.submitter); };
  return true;
}

// --- Drafts: in the storage of this tab, for the person who typed them ---
const PREFIX = "draft ";
const SENT = "sent form";
const NOT_TYPED = ["mark", "once", "resumed", "username"];
const initial = new Map();
const keyOf = (form) =>
  PREFIX + [person, body.dataset.page, form.getAttribute("action")].join(" ");
const typedFields = (form) => [...form.elements].filter((field) =>
  field.name && !NOT_TYPED.includes(field.name)
  && !["password", "file", "submit", "fieldset"].includes(field.type)
  && !(field.type === "hidden" && field.name !== "version"));
const isBox = (field) => ["checkbox", "radio"].includes(field.type);
const valuesOf = (form) => typedFields(form).map((field) =>
  isBox(field) ? [field.name, field.value, field.checked] : [field.name, field.value]);

function saveDraft(form) {
  const values = valuesOf(form);
  const isTyped = isRefused(form) || JSON.stringify(values) !== initial.get(form);
  const draft = { values, person, page: body.dataset.page };
  if (isTyped) sessionStorage.setItem(keyOf(form), JSON.stringify(draft));
  else sessionStorage.removeItem(keyOf(form));
}

const isRefused = (form) => body.dataset.refused === form.getAttribute("action");

const read = (key) => JSON.parse(sessionStorage.getItem(key));

function forgetDrafts() {
  for (const key of Object.keys(sessionStorage).filter((each) => each.startsWith(PREFIX))) {
    const draft = read(key);
    if (person && draft.person && draft.person !== person) sessionStorage.removeItem(key);
  }
  const sent = sessionStorage.getItem(SENT);
  const draft = sent && read(sent);
  if (!draft) return;
  // The page after a form says that it was carried out. A form before log-in leads to another page.
  const isProblem = body.dataset.problem !== undefined;
  const isAnswered = !draft.person && !isProblem && draft.page !== body.dataset.page;
  if (!document.querySelector(".done") && !isAnswered) return;
  sessionStorage.removeItem(sent);
  sessionStorage.removeItem(SENT);
}

function restoreDraft(form) {
  const draft = read(keyOf(form));
  if (!draft || isRefused(form) || form.dataset.resume !== undefined) return;
  const { values } = draft;
  restoreValues(form, values);
  restoreFiles(form, values);
  form.querySelectorAll("select").forEach((select) =>
    select.dispatchEvent(new Event("change", { bubbles: true })));
  // htmx exchanges a group of boxes after a choice.
  form.addEventListener("htmx:afterSettle", () => restoreValues(form, values), { once: true });
  showNote(form);
}

function restoreValues(form, values) {
  const fields = typedFields(form);
  for (const [name, value, isChecked] of values) {
    const field = fields.find((each) =>
      each.name === name && (isChecked === undefined || each.value === value));
    if (!field) continue;
    if (isChecked === undefined) field.value = value;
    else field.checked = isChecked;
  }
}

async function restoreFiles(form, values) {
  for (const input of form.querySelectorAll("[data-max-bytes]")) {
    const ids = values.filter(([name, id, isKept]) => name === `kept_${input.name}` && isKept
      && !form.querySelector(`[value="${id}"]`)).map(([, id]) => id);
    if (!ids.length) continue;
    input.required = false;
    const query = new URLSearchParams({ field: input.name, ids: ids.join(",") });
    const answer = await fetch(`/uploads?${query}`);
    if (answer.ok)
      addStored(input, new DOMParser().parseFromString(await answer.text(), "text/html"));
  }
}

function showNote(form) {
  const note = document.getElementById("texts").content.cloneNode(true).firstElementChild;
  note.querySelector("button").addEventListener("click", () => {
    sessionStorage.removeItem(keyOf(form));
    location.replace(body.dataset.page);
  });
  (form.closest("details") ?? form).before(note);
  const details = form.closest("details");
  if (details) details.open = true;
}

// --- The source language is no target language ---
function hideSourceLanguage(select) {
  const boxes = select.form.querySelectorAll(`[name="${select.dataset.excludedFrom}"]`);
  for (const box of boxes) {
    box.disabled = box.value === select.value;
    box.closest("label").hidden = box.disabled;
  }
}

// --- Events ---
document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-max-bytes]")) chooseFiles(target);
  else if (target.matches("[data-excluded-from]")) hideSourceLanguage(target);
});
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, ({ target }) => {
    if (forms.includes(target.form)) saveDraft(target.form);
  });
}
document.addEventListener("submit", (event) => {
  if (!forms.includes(event.target) || waitForUploads(event)) return;
  saveDraft(event.target);
  sessionStorage.setItem(SENT, keyOf(event.target));
});

forms.forEach((form) => initial.set(form, JSON.stringify(valuesOf(form))));
forgetDrafts();
forms.forEach(restoreDraft);
forms.filter(isRefused).forEach((form) => saveDraft(form));
const showLanguages = () =>
  document.querySelectorAll("[data-excluded-from]").forEach(hideSourceLanguage);
showLanguages();
// The browser may fill in the form again after the script ran.
addEventListener("pageshow", showLanguages);
document.querySelector("form[data-resume]")?.requestSubmit();
})();
