// A form made from a JSON schema: fields for its properties, and what was filled in as values.

/**
 * Fields for the properties of an object schema; those that must be filled in first. `meanings`: what keys mean, by the
 * name of their table, which is `table` for this one.
 */
export function fieldsFor(schema, meanings, table, root = schema, needed = true) {
  const required = new Set(needed ? schema.required : []);
  const names = Object.keys(schema.properties ?? {}).sort((one, other) => required.has(other) - required.has(one));
  return names.map((name) => fieldFor(name, resolved(schema.properties[name], root), required.has(name), { meanings, table, root }));
}

/** The values of fields that say something else than their default. */
export function valuesOf(place) {
  const values = {};
  for (const field of place.children) {
    const name = field.dataset.field;
    if (!name) continue;
    if (field.matches("fieldset")) {
      const inner = valuesOf(field);
      if (Object.keys(inner).length) values[name] = inner;
      continue;
    }
    const value = valueOf(field.querySelector("input, select, textarea"));
    if (value !== undefined && JSON.stringify(value) !== field.dataset.default) values[name] = value;
  }
  return values;
}

/** The schema without references and without "or nothing". */
function resolved(schema, root) {
  const { $ref, anyOf, allOf, ...own } = schema;
  const inner = $ref ? at(root, $ref) : (allOf ?? anyOf)?.find((each) => each.type !== "null");
  return inner ? { ...resolved(inner, root), ...own } : own;
}

const at = (root, reference) => reference.slice(2).split("/").reduce((place, key) => place?.[key], root) ?? {};

function fieldFor(name, schema, required, context) {
  const example = (schema.examples ?? [])[0];
  if (schema.type === "object" && schema.properties && typeof example !== "string") return group(name, schema, required, context);
  const input = inputFor(schema, example);
  const listed = input.hasAttribute("data-list");
  input.required = required && input.type !== "checkbox";
  const label = document.createElement("label");
  label.dataset.field = name;
  if (schema.default !== undefined) label.dataset.default = JSON.stringify(schema.default);
  const caption = make("span", name, "caption");
  if (required) caption.append(make("span", " needed", "soft small"));
  label.append(caption, input);
  const meaning = context.meanings[context.table]?.[name];
  const help = [meaning ?? schema.description, listed ? "(one a line)" : "", meaning ? "" : limits(schema)].filter(Boolean).join(" ");
  if (help) label.append(told(help, "span", "small soft help"));
  return label;
}

function group(name, schema, required, { meanings, root }) {
  const fieldset = document.createElement("fieldset");
  fieldset.dataset.field = name;
  fieldset.append(make("legend", name), ...fieldsFor(schema, meanings, name, root, required));
  return fieldset;
}

function inputFor(schema, example) {
  if (schema.enum) {
    const select = document.createElement("select");
    select.append(...schema.enum.map((value) => new Option(value, value, value === schema.default, value === schema.default)));
    return select;
  }
  const kind = typeof example === "string" ? "string" : schema.type;
  if (kind === "array") {
    const area = Object.assign(document.createElement("textarea"), { rows: 2, spellcheck: false });
    area.dataset.list = schema.items?.type ?? "string";
    area.placeholder = [...(Array.isArray(example) ? example : [])].join("\n");
    return area;
  }
  const input = document.createElement("input");
  if (kind === "boolean") {
    input.type = "checkbox";
    input.checked = schema.default === true;
  } else if (kind === "integer" || kind === "number") {
    input.type = "number";
    input.step = kind === "integer" ? "1" : "any";
    if (schema.minimum !== undefined) input.min = schema.minimum;
    if (schema.maximum !== undefined) input.max = schema.maximum;
  } else {
    input.type = "text";
    input.autocomplete = "off";
  }
  const hint = typeof schema.default === "number" || (typeof schema.default === "string" && schema.default) ? schema.default : example;
  if (input.type !== "checkbox" && hint !== undefined) input.placeholder = String(hint);
  return input;
}

function valueOf(input) {
  if (input.type === "checkbox") return input.checked;
  const text = input.value.trim();
  if (!text) return undefined;
  if (input.dataset.list) {
    const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
    return ["integer", "number"].includes(input.dataset.list) ? lines.map(Number) : lines;
  }
  return input.type === "number" ? Number(text) : text;
}

function limits({ minimum, maximum }) {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}.`;
  return minimum === undefined ? "" : `At least ${minimum}.`;
}

/** A text of the code with its `names` as code. */
export function told(text, name, className) {
  const place = make(name, "", className);
  place.append(...text.split("`").map((part, number) => (number % 2 ? make("code", part) : part)));
  return place;
}

function make(name, text, className = "") {
  return Object.assign(document.createElement(name), { textContent: text, className });
}
