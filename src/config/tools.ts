import { z } from 'zod';
import { httpTools } from './http-tools.ts';
import { toolPost } from './tool-post.ts';
import { toolPresets } from './tool-presets.ts';
import { adapterNames, count, secretText, setting, text, url } from './setting.ts';

const names = z.array(z.string().min(1)).min(1);

const pattern = z.string().regex(/^[a-zA-Z0-9_-]{0,64}\*?$/, 'must hold names of tools; a * may stand for the end of one');

const rule = z.strictObject({
  tools: z.array(pattern).min(1),
  adapters: adapterNames.optional(),
  tenants: names.optional(),
  channels: names.optional(),
  people: names.optional(),
  roles: names.optional(),
});

const approver = z
  .string()
  .regex(
    /^(?:asker|(?:[A-Za-z0-9]+\/)?(?:role:)?[A-Za-z0-9]+)$/,
    'must be ids of people, role:ID, either with TENANT/ before it, or asker',
  );

const approvers = (platform: string, example: string) =>
  setting(z.array(approver).default([]), {
    description: `Who may approve calls on ${platform}, by buttons. Nobody where it is left out: then \`parley tools approve\` is the only way.`,
    example,
  });

const mcpOAuth = z.strictObject({
  issuer: setting(url, {
    description:
      'In place of a token: the authorization server (OAuth 2.0) that tokens come from. The credentials are shown to no other.',
    example: 'https://login.example.com',
  }),
  clientId: setting(text, { description: 'The id of the client there.', example: 'parley' }),
  clientSecret: setting(secretText.optional(), {
    secret: true,
    description: 'Its secret.',
    example: '${MCP_CLIENT_SECRET}',
  }),
  scope: setting(text.optional(), { description: 'What the token is to allow.', example: 'tools.read' }),
});

const server = z.strictObject({
  command: setting(z.array(z.string().min(1)).min(1).optional(), {
    description: 'A program and its arguments that speak MCP over standard input and output. No shell reads it.',
    example: '[npx, -y, "@example/mcp-server"]',
  }),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable'),
      setting(secretText, {
        secret: true,
        description: 'A variable of its environment. Beside these it gets HOME, PATH and the like, and nothing that Parley has.',
        example: '${DOCS_TOKEN}',
      }),
    )
    .default({}),
  url: setting(url.optional(), {
    description: 'In place of a command: the address of a server that speaks MCP over streamable HTTP.',
    example: 'https://mcp.example.com/mcp',
  }),
  token: setting(secretText.optional(), {
    secret: true,
    description: 'Bearer token for the address. It is sent nowhere else.',
    example: '${MCP_TOKEN}',
  }),
  oauth: mcpOAuth.optional(),
  readOnly: setting(z.array(z.string().min(1)).default([]), {
    description:
      'Which of its tools may be used: those that only look (a * at the end stands for the rest of a name). What the server itself says of that counts for nothing.',
    example: '[search, get_*]',
  }),
  acting: setting(z.array(z.string().min(1)).default([]), {
    description:
      'Those of its tools that change something and may be used: a person approves of each call (tools.approvers), and it is made once.',
    example: '[create_ticket]',
  }),
});

/** What the model may use while it answers. */
export const tools = z
  .strictObject({
    allow: setting(z.array(rule).optional(), {
      description:
        'Which tools the model may use, and where. Each rule names tools (a * at the end stands for the rest of a name) and may be narrowed to adapters, ' +
        'tenants (Slack workspaces, Discord servers, webhook sources), channels, people and roles (of Discord; on Slack user groups), all by id. Without a rule ([]) there are no tools.',
      example: '[{ tools: [current_time, search_knowledge], adapters: [slack] }]',
      defaultNote: 'search_knowledge everywhere, where there are documents of your own',
    }),
    mcp: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,19}$/, 'must have 1 to 20 of a-z, 0-9 and -'), server).default({}),
    approve: setting(z.array(pattern).default([]), {
      description:
        "Tools that need a person's approval for each call beside those that change something, which always do (a * at the end stands for the rest of a name).",
      example: '[search_crm, docs__*]',
    }),
    approvers: z
      .strictObject({
        slack: approvers('Slack', '[U012ABCDE, role:S0123ABCD, T0123/U045FGHIJ]'),
        discord: approvers('Discord', '["role:123456789012345678", asker]'),
      })
      .prefault({}),
    approvalMinutes: setting(count.max(10_080).default(60), {
      description: 'How long a call waits for approval. After that it is not made.',
      example: '15',
    }),

    post: toolPost,
    http: httpTools,
    presets: toolPresets,
    steps: setting(count.max(50).default(8), {
      description: 'How often the model may ask for tools before it has to answer.',
      example: '4',
    }),
    callsPerStep: setting(count.max(32).default(8), {
      description: 'How many calls it may make at once; further ones are not made.',
      example: '4',
    }),
    callSeconds: setting(z.number().positive().max(300).default(20), {
      description: 'How long one call of a tool may take.',
      example: '10',
    }),
    totalSeconds: setting(z.number().positive().max(1800).default(90), {
      description: 'How long all steps of one answer may take together. After that the model has to answer.',
      example: '60',
    }),
    resultCharacters: setting(count.max(200_000).default(8000), {
      description: 'How much of what one call gives the model gets to see.',
      example: '4000',
    }),
  })
  .prefault({});
