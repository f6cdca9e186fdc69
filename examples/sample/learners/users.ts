import { Random, STREAM, type Seed } from '../random.ts';

/**
 * Compact facts about users by key: course team first (`key < team`), then learners in no order of time.
 * The id of a user is their place in the order of joining.
 */
export interface Users {
  readonly count: number;
  readonly team: number;
  /** Ability of a learner, about standard normal: what problems are answered with. */
  readonly ability: Float32Array;
  /** Engagement, about standard normal: how long a learner stays. */
  readonly engagement: Float32Array;
  readonly joined: Float64Array;
  /** When the account was retired, or 0. */
  readonly retiredAt: Float64Array;
}

/** Draws the users; `joined` and `retiredAt` are filled by their enrolment. */
export function drawUsers(seed: Seed, team: number, learners: number): Users {
  const count = team + learners;
  const ability = new Float32Array(count);
  const engagement = new Float32Array(count);
  for (let key = 0; key < count; key++) {
    const random = new Random(seed, STREAM.user, key);
    const shared = random.normal();
    ability[key] = key < team ? 2.5 : random.normal() * 0.9 + shared * 0.3;
    engagement[key] = random.normal() * 0.9 + shared * 0.3;
  }
  return {
    count,
    team,
    ability,
    engagement,
    joined: new Float64Array(count),
    retiredAt: new Float64Array(count),
  };
}

/** The keys of the users in the order of their ids, and the id of each key. */
export function numberUsers(users: Users): { order: Uint32Array; id: Uint32Array } {
  const order = Uint32Array.from({ length: users.count }, (_, key) => key);
  order.sort((a, b) => users.joined[a]! - users.joined[b]! || a - b);
  const id = new Uint32Array(users.count);
  order.forEach((key, place) => (id[key] = place + 1));
  return { order, id };
}
