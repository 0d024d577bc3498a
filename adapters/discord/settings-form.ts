import { maxPlaceInstructions } from '../../src/place-settings.ts';
import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';
import { responseTypes } from './response.ts';
import type { Response } from './response.ts';

/** Kinds of components and styles, by Discord's numbers. */
const kinds = { textInput: 4, label: 18 } as const;
const paragraph = 2;
const field = 'persona';

export interface PersonaForm {
  readonly target: 'server' | 'channel';
  /** `seq` of the change that it is made from; 0 where nothing was set. */
  readonly replaces: number;
}

/** The form in which a persona is written: see https://docs.discord.com/developers/components/reference#label. */
export function personaForm({ target, replaces }: PersonaForm, persona: string | undefined): Response {
  const value = persona === undefined ? {} : { value: persona.slice(0, maxPlaceInstructions) };
  const input = { type: kinds.textInput, custom_id: field, style: paragraph, required: false, max_length: maxPlaceInstructions };
  const label = `Persona ${target === 'server' ? 'in the whole server' : 'in this channel'}`;
  const description = 'What the model is told. Leave it empty for what holds otherwise.';
  const components = [{ type: kinds.label, label, description, component: { ...input, ...value } }];
  return {
    type: responseTypes.modal,
    data: { custom_id: `parley:persona:${target}:${replaces}`, title: 'Who I am here', components },
  };
}

/** Undefined for a form that is none of ours. */
export function parsePersona(data: Fields): (PersonaForm & { readonly persona: string }) | undefined {
  const [, target, replaces] = /^parley:persona:(server|channel):(\d{1,15})$/.exec(textOf(data['custom_id']) ?? '') ?? [];
  if (target === undefined) return undefined;
  const input = recordsOf(data['components'])
    .map(({ component }) => component)
    .find((component) => isRecord(component) && component['custom_id'] === field);
  const given = isRecord(input) ? (textOf(input['value']) ?? '') : '';
  const persona = given.slice(0, maxPlaceInstructions).toWellFormed().trim();
  return { target: target === 'server' ? 'server' : 'channel', replaces: Number(replaces), persona };
}
