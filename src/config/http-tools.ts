import { z } from 'zod';
import { count, headerName, setting, text } from './setting.ts';
import { auth, template, tls } from './webhook-reply.ts';

/** JSON as a text, or written as YAML. */
const json = z.union([template, z.looseObject({}), z.array(z.unknown())]);

const graphql = z.strictObject({
  query: setting(template, {
    description: 'The GraphQL query. It is sent as it is; arguments go into the variables.',
    example: 'query($email: String!) { customer(email: $email) { id } }',
  }),
  variables: setting(json.optional(), {
    description: 'Its variables (YAML, or JSON as a text), in which every text is a template.',
    isJson: true,
    example: "{ email: '{{args.email}}' }",
  }),
});

const jsonRpc = z.strictObject({
  method: setting(text.max(200), { description: 'The method of JSON-RPC 2.0.', example: 'stock.find' }),
  params: setting(json.optional(), {
    description: 'Its parameters (YAML, or JSON as a text), in which every text is a template.',
    isJson: true,
    example: "{ sku: '{{args.sku}}' }",
  }),
});

/** A tool that is a call of an API. */
const httpTool = z.strictObject({
  description: setting(text.min(1).max(2_000), {
    description: 'For the model: what it does, and when to use it.',
    example: 'Finds an order by its number. Use it before you say anything about an order.',
  }),
  title: setting(text.max(100).optional(), {
    description: 'What people read while it runs.',
    example: 'Looking up the order',
    defaultNote: 'Using NAME',
  }),
  parameters: setting(z.looseObject({}).default({ type: 'object', properties: {} }), {
    description: 'What the model gives it: JSON Schema of an object. Arguments that do not fit are refused.',
    isJson: true,
    example: '{ type: object, properties: { number: { type: string, maxLength: 20 } }, required: [number] }',
    defaultNote: 'nothing',
  }),
  method: setting(z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional(), {
    description: 'The method of the request.',
    example: 'POST',
    defaultNote: 'GET, and POST with a body',
  }),
  url: setting(template, {
    description: 'What is called; a template in what follows the host. What it fills in is percent-encoded.',
    example: 'https://shop.example.com/api/orders/{{args.number}}',
  }),
  query: z
    .record(
      z.string(),
      setting(template, {
        description: 'A parameter of the address; a template. Left out where it is one argument that the model leaves out.',
        example: '{{args.status}}',
      }),
    )
    .default({}),
  headers: z
    .record(
      headerName,
      setting(template, {
        description: 'A header of the request; a template. Credentials belong into auth.',
        example: '{{person}}',
      }),
    )
    .default({}),
  json: setting(json.optional(), {
    description:
      'The body as JSON (YAML, or JSON as a text), in which every text is a template of its own. A text that is one {{args.NAME}} takes its type, too.',
    isJson: true,
    example: "{ note: '{{args.text}}' }",
  }),
  form: z
    .record(
      z.string(),
      setting(template, { description: 'A field of the body, which is a form then; a template.', example: '{{args.text}}' }),
    )
    .optional(),
  text: setting(template.optional(), { description: 'The body as a text; a template.', example: '{{args.text}}' }),
  xml: setting(template.optional(), {
    description: 'The body as XML; a template whose gaps are escaped for XML.',
    example: '<find><email>{{args.email}}</email></find>',
  }),
  contentType: setting(text.max(200).optional(), {
    description: 'What such a text or XML is.',
    example: 'text/xml; charset=utf-8',
    defaultNote: 'text/plain or application/xml, in UTF-8',
  }),
  graphql: graphql.optional(),
  jsonRpc: jsonRpc.optional(),
  auth: auth.optional(),
  tls: tls.optional(),
  readOnly: setting(z.boolean().optional(), {
    description:
      'Whether it changes nothing anywhere. What changes something is called once, and needs the approval of a person.',
    example: 'true',
    defaultNote: 'true for GET, otherwise false',
  }),
  result: setting(text.max(20_000).optional(), {
    description: 'A path or an expression (JSONata) that picks from the JSON of the answer what the model gets.',
    example: 'items.{ "id": id, "status": status }',
    defaultNote: 'all of it',
  }),
  resultCharacters: setting(count.max(200_000).optional(), {
    description: 'How much of that the model gets; never more than tools.resultCharacters.',
    example: '2000',
    defaultNote: 'tools.resultCharacters',
  }),
  timeoutSeconds: setting(z.number().positive().max(120).default(15), {
    description: 'How long a call may take; never longer than tools.callSeconds.',
    example: '5',
  }),
  expectStatus: setting(z.array(z.int().min(200).max(599)).min(1).optional(), {
    description: 'The statuses that mean success.',
    example: '[200, 404]',
    defaultNote: '200 to 299',
  }),
  idempotencyHeader: setting(headerName.default('idempotency-key'), {
    description:
      'The header that carries the id of a call that changes something. It is the same whenever the same call is made.',
    example: 'x-request-id',
  }),
});

/** By name. Two underscores stand between a server or a preset and its tools. */
export const httpTools = z
  .record(z.string().regex(/^(?!.*__)[a-z][a-z0-9_]{0,39}$/, 'must have 1 to 40 of a-z, 0-9 and single _'), httpTool)
  .default({});
