import { createHash } from 'node:crypto';
import { type RequestHandler, Router } from 'express';
import { sendText } from './sending/send-response.ts';
import { type ApiSpec, type Operation, type Parameter, type Reference, type ResponseObject, readApiSpec, type Schema } from './spec.ts';

/** `/api/docs`: the API description as one self-contained page, which loads nothing else. */
export function createApiDocs(): Router {
  const page = renderDocs(readApiSpec());
  const styleHash = createHash('sha256').update(STYLE).digest('base64');
  const show: RequestHandler = (request, response) => {
    response.set({
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
    });
    return sendText(request, response, 'text/html; charset=utf-8', page);
  };
  return Router().get('/', show);
}

const escaped = (text: unknown): string => String(text ?? '').replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
/** Renders the Markdown that the description uses: paragraphs, bold, code. Escapes first. */
const renderMarkdown = (text: string | undefined): string =>
  escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
    .split(/\n\s*\n/)
    .map((paragraph) => `<p>${paragraph}</p>`)
    .join('');

/** The whole page. */
export function renderDocs(spec: ApiSpec): string {
  const operations = Object.entries(spec.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = spec.tags ?? [];
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag.name));
    return `<h2 id="${escaped(tag.name)}">${escaped(tag.name)}</h2>${renderMarkdown(tag.description)}${own.map((one) => renderOperation(spec, one)).join('')}`;
  });
  const schemas = Object.entries(spec.components.schemas ?? {}).map(
    ([name, schema]) => `<h3 id="schema-${escaped(name)}">${escaped(name)}</h3><div class="schema">${renderSchema(schema)}</div>`,
  );
  const links = [...tags.map((tag) => tag.name), 'Schemas'].map((name) => `<a href="#${escaped(name)}">${escaped(name)}</a>`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(spec.info.title)}</title><style>${STYLE}</style></head><body><header><h1>${escaped(spec.info.title)}</h1>
<nav>${links.join(' ')}</nav></header><main>${renderMarkdown(spec.info.description)}<p>As a file: <a href="/api/v1/openapi.json">openapi.json</a></p>
${sections.join('\n')}<h2 id="Schemas">Schemas</h2>${schemas.join('\n')}</main></body></html>`;
}

function renderOperation(spec: ApiSpec, { path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const parameters = (operation.parameters ?? []).map((parameter) => resolve(parameter, spec.components.parameters));
  const body = operation.requestBody?.content['application/json'];
  return `<details id="${escaped(operation.operationId)}"><summary><b class="${escaped(method)}">${escaped(method.toUpperCase())}</b>
<code>${escaped(path)}</code> ${escaped(operation.summary)} <small>${escaped(operation['x-role'])}</small></summary>${renderMarkdown(operation.description)}
${parameters.length > 0 ? `<table><tr><th>Parameter</th><th>In</th><th>Schema</th><th></th></tr>${parameters.map(renderParameter).join('')}</table>` : ''}
${body ? `<h4>Body</h4>${renderSchema(body.schema)}${renderExample(body.example)}` : ''}
<h4>Responses</h4><table>${Object.entries(operation.responses)
    .map(([status, answer]) => renderResponse(spec, status, resolve(answer, spec.components.responses)))
    .join('')}</table></details>`;
}

const renderParameter = (parameter: Parameter): string =>
  `<tr><td><code>${escaped(parameter.name)}</code>${parameter.required ? ' *' : ''}</td><td>${escaped(parameter.in)}</td>
<td>${renderSchema(parameter.schema)}</td><td>${renderMarkdown(parameter.description)}</td></tr>`;

function renderResponse(spec: ApiSpec, status: string, answer: ResponseObject): string {
  const types = Object.entries(answer.content ?? {}).map(([type, { schema, examples }]) => {
    const [example] = Object.values(examples ?? {});
    return `<code>${escaped(type)}</code> ${renderSchema(schema)}${renderExample(example && resolve(example, spec.components.examples).value)}`;
  });
  return `<tr><td>${escaped(status)}</td><td>${renderMarkdown(answer.description)}</td><td>${types.join('<br>')}</td></tr>`;
}

const renderExample = (example: unknown): string =>
  example === undefined ? '' : `<pre>${escaped(JSON.stringify(example, null, 2))}</pre>`;

/** Renders a schema as a line or a table; references become links, so that each schema is rendered once. */
function renderSchema(schema: Schema = {}): string {
  const { $ref, type, enum: values, items, properties, anyOf, oneOf, required, description, pattern, additionalProperties } = schema;
  if ($ref) return `<a href="#schema-${escaped(nameOf($ref))}">${escaped(nameOf($ref))}</a>`;
  if (anyOf ?? oneOf) return (anyOf ?? oneOf ?? []).map((one) => renderSchema(one)).join(' or ');
  const name = escaped([type ?? 'any'].flat().join(' or '));
  if (properties) {
    const rows = Object.entries(properties).map(
      ([member, shape]) =>
        `<tr><td><code>${escaped(member)}</code>${required?.includes(member) ? ' *' : ''}</td><td>${renderSchema(shape)}</td></tr>`,
    );
    return `${renderMarkdown(description)}<table>${rows.join('')}</table>`;
  }
  if (items) return `${name} of ${renderSchema(items)}`;
  const map = typeof additionalProperties === 'object' ? ` of ${renderSchema(additionalProperties)}` : '';
  const listed = values ? `: ${values.map((value) => `<code>${escaped(value)}</code>`).join(' ')}` : '';
  return `${name}${map}${listed}${pattern ? ` <code>${escaped(pattern)}</code>` : ''}${description ? ` <i>${renderMarkdown(description)}</i>` : ''}`;
}

/** The component that a `$ref` refers to; any other value is returned as it is. */
function resolve<T extends object>(value: T | Reference, components: Readonly<Record<string, T>> = {}): T {
  if (!isReference(value)) return value;
  const component = components[nameOf(value.$ref)];
  if (component === undefined) throw new Error(`The API description has no component ${value.$ref}.`);
  return component;
}

const isReference = (value: object): value is Reference => '$ref' in value;
const nameOf = (reference: string): string => reference.split('/').at(-1) ?? '';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1c2430;background:#fff}header{background:#12324a;color:#fff;padding:1rem 2rem}
header h1{margin:0 0 .3rem;font-size:1.4rem}nav a{color:#cfe3f2;margin-right:1rem}main{max-width:70rem;margin:0 auto;padding:1rem 2rem}
details{border:1px solid #d5dde5;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}summary{cursor:pointer}summary b{display:inline-block;width:4.5rem}
.get{color:#0a6b3d}.post{color:#8a4b00}.put{color:#5b3a9e}.delete{color:#a01c1c}small{color:#5a6675;border:1px solid #d5dde5;border-radius:4px;padding:0 .3rem}
table{border-collapse:collapse;margin:.4rem 0}td,th{border:1px solid #e2e8ee;padding:.2rem .6rem;text-align:left;vertical-align:top}td p,i p{margin:0;display:inline}
pre{background:#f4f7fa;padding:.6rem;overflow:auto;max-height:30rem}code{background:#f4f7fa;padding:0 .2rem}
@media(prefers-color-scheme:dark){body{background:#10161d;color:#dce5ee}a{color:#8cc4f0}pre,code{background:#1a232d}td,th,details,small{border-color:#334252}}`;
