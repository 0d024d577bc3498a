import { toQuestionText } from './answers.ts';
import type { Conversation, Question } from './checker.ts';
import type { PlatformDriver } from './driver.ts';
import type { Random } from './random.ts';

/** Those who ask. */
export interface People {
  readonly conversations: readonly Conversation[];
  /** Ask so many questions at once: in new conversations, and further ones in old conversations. Some, or all, want an answer at length. */
  ask(count: number, atLength?: 'all'): void;
  /** Ask so many more at once where the last conversation was opened. */
  insist(count: number): void;
  /** Lets the platform deliver again what it has delivered before. */
  repeatSomething(): void;
  questions(): number;
}

/** Most follow-ups are asked where something has just been said. */
const recent = 8;
const longShare = 0.12;
/** Say more where they have just said their first words, before those can have been taken. */
const breathless = 0.5;
/** So many more may ask at once where a crowd does. */
const crowd = 4;
/** Of the times at which something is asked. */
const pressShare = 0.5;

export function createPeople(driver: PlatformDriver, random: Random): People {
  const conversations: Conversation[] = [];
  let count = 0;

  function choose(): Conversation {
    if (conversations.length > 0 && random.chance(0.65)) {
      return random.pick(random.chance(0.7) ? conversations.slice(-recent) : conversations);
    }
    const opened = { talk: driver.open(random), questions: [] };
    conversations.push(opened);
    return opened;
  }

  function askIn({ talk, questions }: Conversation, isLong: boolean): void {
    count += 1;
    const marker = `q${count}`;
    const known = talk.isCrowd ? [] : questions.filter(({ asked }) => driver.isOrdered || asked.isAcknowledged());
    const asked = talk.ask(toQuestionText(marker, isLong));
    questions.push({ marker, asked, follows: known.map((earlier) => earlier.marker) });
  }

  return {
    conversations,
    ask: (many, atLength) => {
      let last: Conversation | undefined;
      for (let asked = 0; asked < many; asked += 1) {
        last = last?.questions.length === 1 && random.chance(breathless) ? last : choose();
        askIn(last, atLength === 'all' || random.chance(longShare));
        if (last.talk.isCrowd) for (let more = random.below(crowd); more > 0; more -= 1) askIn(last, false);
      }
      if (driver.press && random.chance(pressShare)) driver.press(random);
    },
    insist: (many) => {
      const last = conversations.at(-1) ?? choose();
      for (let asked = 0; asked < many; asked += 1) askIn(last, false);
    },
    repeatSomething: () => {
      const all: Question[] = conversations.flatMap(({ questions }) => questions);
      if (all.length > 0) random.pick(all).asked.redeliver(1 + random.below(2));
    },
    questions: () => count,
  };
}
