// Passkeys: a form with data-passkey, the address of a question, asks an authenticator before it is sent. Where the
// browser knows no passkeys, or not in the form in which questions are sent here, the form stays hidden.

const canAsk = Boolean(globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON);

for (const form of canAsk ? document.querySelectorAll("form[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

async function send(form) {
  const button = form.querySelector("button");
  form.querySelector("[role=alert]")?.remove();
  button.disabled = true;
  try {
    await ask(form);
    form.submit();
  } catch (error) {
    button.before(sayWhy(error));
    button.disabled = false;
  }
}

function sayWhy(error) {
  const fault = document.createElement("p");
  fault.className = "invalid-feedback";
  fault.role = "alert";
  fault.textContent = describe(error);
  return fault;
}

async function ask(form) {
  const answer = await fetch(form.dataset.passkey, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) throw new DOMException("", "TimeoutError");
  const { publicKey, ticket } = await answer.json();
  form.querySelector("[data-answer]").value = JSON.stringify(await credential(publicKey));
  form.querySelector("[data-ticket]").value = ticket;
  const same = form.querySelector("[data-same-as]");
  if (same) same.value = document.querySelector(`#${same.dataset.sameAs}`).checked ? "y" : "";
}

const credential = (options) =>
  "rp" in options
    ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });

function describe({ name }) {
  if (name === "NotAllowedError") return "No passkey was given. Please try again.";
  if (name === "InvalidStateError") return "This device has a passkey for your account already.";
  if (name === "SecurityError") return "Passkeys of this site are not good at this address.";
  return "That did not work. Please reload this page and try again.";
}
