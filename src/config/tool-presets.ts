import { z } from 'zod';
import { secretText, setting, text, url } from './setting.ts';

const fieldNames = z.array(text.regex(/^[A-Za-z][A-Za-z0-9_]{0,99}$/, 'must be the name of a field')).default([]);
/** Paths are added to it. */
const base = url.refine((value) => !/[/?#]$/.test(value) && !/[?#]/.test(value), 'must not end with a slash or hold a query');

const hubspot = z.strictObject({
  token: setting(secretText.optional(), {
    env: 'HUBSPOT_TOKEN',
    secret: true,
    description:
      'Switches the tools for HubSpot on. The access token of a private app that may read contacts, tickets and deals, and write contacts and notes where that is wanted.',
    example: '${HUBSPOT_TOKEN}',
  }),
  contactProperties: setting(fieldNames, {
    description: 'The properties of contacts that hubspot__update_contact may change. Without one there is no such tool.',
    example: '[phone, lifecyclestage]',
  }),
  url: setting(base.default('https://api.hubapi.com'), {
    description: 'Where the API is.',
    example: 'https://api.hubapi.com',
  }),
});

const salesforce = z.strictObject({
  url: setting(base.optional(), { description: 'Your My Domain.', example: 'https://acme.my.salesforce.com' }),
  clientId: setting(text.optional(), {
    description: 'The consumer key of an app with the client credentials flow.',
    example: '3MVG9...',
  }),
  clientSecret: setting(secretText.optional(), {
    env: 'SALESFORCE_CLIENT_SECRET',
    secret: true,
    description: 'Its consumer secret. With url and clientId it switches the tools for Salesforce on.',
    example: '${SALESFORCE_SECRET}',
  }),
  caseFields: setting(fieldNames, {
    description: 'The fields of cases that salesforce__update_case may change. Without one there is no such tool.',
    example: '[Status, Priority]',
  }),
  version: setting(text.regex(/^v\d{2,3}\.0$/, 'must be like v60.0').default('v60.0'), {
    description: 'The version of the API.',
    example: 'v60.0',
  }),
});

/** Tools that Parley brings along, for APIs that many teams have. */
export const toolPresets = z.strictObject({ hubspot: hubspot.prefault({}), salesforce: salesforce.prefault({}) }).prefault({});
