// Writing values as TOML.

export function tomlValue(value) {
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value).replaceAll("\x7f", "\\u007f") : String(value);
}

const tomlKey = (key) => (/^[A-Za-z0-9_-]+$/.test(key) ? key : tomlValue(key));

/** `[path]` with its keys; tables inside become tables of their own, behind. */
export function tomlTable(path, values) {
  const lines = [`[${path}]`];
  const inner = [];
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === "object" && !Array.isArray(value)) inner.push(tomlTable(`${path}.${tomlKey(key)}`, value));
    else lines.push(`${tomlKey(key)} = ${tomlValue(value)}`);
  }
  return [...lines, ...inner].join("\n");
}
