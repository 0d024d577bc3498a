import { createOpenAiModel } from '../../../src/model/openai.ts';
import { silentLog } from '../../../src/log.ts';
import { defineModelContract, type ModelUnderTest } from '../../contracts/model-contract.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createOpenAiEmulator, type ModelFault } from '../../support/openai-emulator.ts';

async function open(...faults: ModelFault[]): Promise<ModelUnderTest> {
  const clock = createFakeClock();
  const emulator = createOpenAiEmulator({ clock, apiKeys: ['sk-test-0123456789'] });
  await emulator.start();
  emulator.fail(...faults);
  const model = await createOpenAiModel({
    apiKey: 'sk-test-0123456789',
    baseUrl: emulator.baseUrl,
    model: 'gpt-5.4-mini',
    clock,
    log: silentLog,
  });
  return { model, close: () => emulator.stop() };
}

defineModelContract({
  name: 'openai',
  open: () => open(),
  openStalled: () => open({ type: 'stall', after: 2 }),
  openBroken: () => open({ type: 'cut', after: 2 }),
});
