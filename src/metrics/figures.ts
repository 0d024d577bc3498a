import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Everything that is counted, under the names that docs/monitoring.md explains. Labels have few values: names of the configuration, and fixed words. */
export function createFigures() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Histogram({ name, help, labelNames, registers, buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  return {
    registry,
    events: counter('parley_events_total', 'Events that were handed to the ledger, by what became of them there.', [
      'adapter',
      'type',
      'status',
    ]),
    turns: counter('parley_turns_total', 'Turns that have ended, by verdict.', ['adapter', 'verdict']),
    turnSeconds: histogram('parley_turn_seconds', 'From the last beginning of a turn to its commit.', ['adapter']),
    postponed: counter('parley_turns_postponed_total', 'Attempts at a turn that are to be repeated.', []),
    tokens: counter('parley_model_tokens_total', 'Tokens of answers that were committed.', ['model', 'direction']),
    limited: counter('parley_limits_reached_total', 'Turns that a limit has ended, by its name.', ['limit']),
    moderated: counter('parley_moderation_refusals_total', 'Turns that moderation has ended, by what was flagged as what.', [
      'direction',
      'category',
    ]),
    spentTokens: counter(
      'parley_limits_spent_tokens_total',
      'Tokens that were settled against limits, of attempts that failed too.',
      [],
    ),
    spentMoney: counter('parley_limits_spent_money_total', 'What they cost, in the currency of limits.currency.', []),
    modelCalls: counter('parley_model_calls_total', 'Calls of models, by how they ended.', ['model', 'outcome']),
    modelSeconds: histogram('parley_model_call_seconds', 'How long calls of models took.', ['model']),
    firstTokenSeconds: histogram('parley_model_first_token_seconds', 'Until models began to answer.', ['model']),
    sends: counter('parley_sends_total', 'Attempts to send a part of an answer, by how they ended.', ['adapter', 'outcome']),
    sendSeconds: histogram('parley_send_seconds', 'How long sending took.', ['adapter']),
    dead: counter('parley_dead_letters_total', 'Parts of answers that were given up, and turns that failed.', ['kind']),
    webhooks: counter('parley_webhook_requests_total', 'Requests to sources of webhooks.', ['source', 'verdict', 'status']),
    webhookSeconds: histogram('parley_webhook_request_seconds', 'How long they took.', ['source']),
    alerts: counter('parley_alerts_total', 'Alerts that were raised or resolved.', ['kind', 'name', 'state']),
    waiting: gauge('parley_events_waiting', 'Events that wait for their turn.'),
    oldest: gauge('parley_oldest_waiting_seconds', 'How long the oldest of them has been waiting.'),
    undelivered: gauge('parley_parts_undelivered', 'Parts of answers that are not delivered yet.'),
    openLetters: gauge('parley_dead_letters_open', 'Dead letters that nobody has dealt with.'),
    connected: gauge('parley_adapter_connected', 'Whether the adapter can receive and send.', ['adapter']),
  };
}

export type Figures = ReturnType<typeof createFigures>;
