import { AS_OF, DAY, sqlTime } from '../clock.ts';
import type { Row } from '../dumps/mysqldump.ts';
import { Random, STREAM } from '../random.ts';
import type { Site } from '../site.ts';

/** Rows of site_configuration_siteconfiguration: the one site there is. */
export function* siteConfigurations(): Generator<Row> {
  const values = {
    SITE_NAME: 'learn.example.org',
    PLATFORM_NAME: 'Sample "Learning" Site',
    LMS_BASE: 'learn.example.org',
    course_org_filter: ['NorthlightU', 'HarborTech', 'Polyglotta'],
    ENABLE_COMBINED_LOGIN_REGISTRATION: true,
  };
  yield [1, 1, 1, JSON.stringify(values, null, 1)];
}

function customerUuid(site: Site): string {
  return new Random(site.seed, STREAM.site, 1).hex(32);
}

/** Rows of enterprise_enterprisecustomer: one made-up company. */
export function* enterpriseCustomers(site: Site): Generator<Row> {
  const at = sqlTime(AS_OF - 400 * DAY);
  const name = 'Example Shipping Ltd (fictional)';
  const consent = 'at_enrollment';
  // prettier-ignore
  yield [
    at, at, customerUuid(site), name, 1, 1, 1, consent, 0, 0, 0, 0, 'example-shipping', 'US', 0, 1, 0, 1, 0,
    'training@example.com', 0, 0, 0, '15.50000', 1, 0, 'en', 0, 'Example Shipping', 'noreply@example.com', 0, 0, 0,
  ];
}

/** Rows of enterprise_enterprisecustomeruser: one learner in forty. */
export function* enterpriseUsers(site: Site): Generator<Row> {
  let id = 0;
  for (const key of site.order) {
    if (key < site.users.team || site.users.retiredAt[key]! > 0 || key % 40 !== 7) continue;
    const at = sqlTime(Math.max(site.users.joined[key]!, AS_OF - 400 * DAY) + 60_000_000);
    yield [++id, at, at, site.userId[key]!, customerUuid(site), 1, 1, null, 0];
  }
}

/** Rows of enterprise_pendingenterprisecustomeruser: invited by the company, not here yet. */
export function* pendingEnterpriseUsers(site: Site): Generator<Row> {
  for (let i = 0; i < 6; i++) {
    const at = sqlTime(AS_OF - (9 + i) * DAY);
    yield [i + 1, at, at, `new_hire_${i + 1}@example.com`, customerUuid(site)];
  }
}
