import type { Row } from '../dumps/mysqldump.ts';
import type { Site } from '../site.ts';
import * as cohorts from './cohorts.ts';
import { blockCompletions, studentModules } from './courseware.ts';
import * as enrolments from './enrolments.ts';
import { certificates, courseGrades, subsectionGrades } from './grades.ts';
import { courseIndexes, courseOverviews } from './overviews.ts';
import * as siteWide from './site-wide.ts';
import * as submissions from './submissions.ts';
import * as users from './users.ts';

/** The rows of each table of dumps/schema.sql, in the order of its primary key, cells in the order of its columns. */
export const TABLES: Readonly<Record<string, (site: Site) => Iterable<Row>>> = {
  auth_user: users.authUsers,
  auth_userprofile: users.userProfiles,
  certificates_generatedcertificate: certificates,
  completion_blockcompletion: blockCompletions,
  course_groups_cohortmembership: cohorts.cohortMemberships,
  course_groups_coursecohort: cohorts.courseCohorts,
  course_groups_coursecohortssettings: cohorts.cohortSettings,
  course_groups_courseusergroup: cohorts.courseUserGroups,
  course_groups_courseusergroup_users: cohorts.groupUsers,
  course_groups_courseusergrouppartitiongroup: cohorts.partitionGroups,
  course_groups_unregisteredlearnercohortassignments: cohorts.unregisteredAssignments,
  course_overviews_courseoverview: courseOverviews,
  courseware_studentmodule: studentModules,
  enterprise_enterprisecustomer: siteWide.enterpriseCustomers,
  enterprise_enterprisecustomeruser: siteWide.enterpriseUsers,
  enterprise_pendingenterprisecustomeruser: siteWide.pendingEnterpriseUsers,
  grades_persistentcoursegrade: courseGrades,
  grades_persistentsubsectiongrade: subsectionGrades,
  site_configuration_siteconfiguration: siteWide.siteConfigurations,
  split_modulestore_django_splitmodulestorecourseindex: courseIndexes,
  student_anonymoususerid: users.anonymousUserIds,
  student_courseaccessrole: users.accessRoles,
  student_courseenrollment: enrolments.courseEnrollments,
  student_courseenrollment_history: enrolments.enrollmentHistory,
  student_courseenrollmentallowed: enrolments.enrollmentsAllowed,
  student_manualenrollmentaudit: enrolments.manualEnrollmentAudits,
  submissions_score: submissions.scores,
  submissions_scoreannotation: submissions.scoreAnnotations,
  submissions_scoresummary: submissions.scoreSummaries,
  submissions_studentitem: submissions.studentItems,
  submissions_submission: submissions.submissions,
  submissions_teamsubmission: submissions.teamSubmissions,
  user_api_retirementstate: users.retirementStates,
  user_api_userretirementstatus: users.retirementStatuses,
};
