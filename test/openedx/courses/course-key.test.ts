import { expect, it } from 'vitest';

import { courseKey, moduleLocation, parseCourseKey } from '../../../src/openedx/courses/course-key.ts';

it.each([
  [
    'course-v1:edX+DemoX+2024',
    ['edX', 'DemoX', '2024', 'course'],
    'block-v1:edX+DemoX+2024+type@html+block@b',
    'course',
  ],
  [
    'course-v1:Ü.n-i_x+C~1+r',
    ['Ü.n-i_x', 'C~1', 'r', 'course'],
    'block-v1:Ü.n-i_x+C~1+r+type@html+block@b',
    'course',
  ],
  [
    'library-v1:edX+Lib',
    ['edX', 'Lib', 'library', 'library'],
    'lib-block-v1:edX+Lib+type@html+block@b',
    'library',
  ],
  ['edX/Open_DemoX/2014', ['edX', 'Open_DemoX', '2014', 'old'], 'i4x://edX/Open_DemoX/html/b', 'course'],
])('%s', (id, parts, location, root) => {
  const key = parseCourseKey(id)!;
  expect([key.organization, key.course, key.run, key.style]).toEqual(parts);
  expect(moduleLocation(key, 'html', 'b')).toBe(location);
  expect(moduleLocation(key, root, root)).toBe(id);
});

it.each([
  '',
  'course-v1:a+b',
  'course-v1:a+b+c+d',
  'course-v1:a++c',
  'library-v1:a',
  'a/b',
  'a/b/c/d',
  'ccx-v1:a+b+c+ccx@1',
])('%j is none', (id) => {
  expect(parseCourseKey(id)).toBeUndefined();
});

it('keys of the modulestore', () => {
  expect(courseKey('course', 'O', 'C', 'R').id).toBe('course-v1:O+C+R');
  expect(courseKey('library', 'O', 'L', 'library')).toEqual(parseCourseKey('library-v1:O+L'));
});
