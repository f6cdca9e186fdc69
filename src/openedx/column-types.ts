/**
 * The types of columns of Open edX that are not text, as the LMS's Django models make them in MySQL, for sources whose
 * files hold rows without a schema: research data packages and dumps of rows alone. What is not here is text.
 */
const TYPES: Readonly<Record<string, string>> = {
  auth_user:
    'id:int last_login:datetime(6) is_superuser:tinyint(1) is_staff:tinyint(1) is_active:tinyint(1) date_joined:datetime(6)',
  auth_userprofile:
    'id:int year_of_birth:int allow_certificate:tinyint(1) profile_image_uploaded_at:datetime(6) user_id:int',
  certificates_generatedcertificate:
    'id:int distinction:tinyint(1) created_date:datetime(6) modified_date:datetime(6) user_id:int',
  completion_blockcompletion:
    'created:datetime(6) modified:datetime(6) id:bigint completion:double user_id:int',
  course_groups_cohortmembership: 'id:int course_user_group_id:int user_id:int',
  course_groups_coursecohort: 'id:int course_user_group_id:int',
  course_groups_coursecohortssettings:
    'id:int is_cohorted:tinyint(1) always_cohort_inline_discussions:tinyint(1)',
  course_groups_courseusergroup: 'id:int',
  course_groups_courseusergroup_users: 'id:int courseusergroup_id:int user_id:int',
  course_groups_courseusergrouppartitiongroup:
    'id:int partition_id:int group_id:int created_at:datetime(6) updated_at:datetime(6) course_user_group_id:int',
  courseware_studentmodule:
    'id:bigint grade:double max_grade:double created:datetime(6) modified:datetime(6) student_id:int',
  grades_persistentcoursegrade:
    'created:datetime(6) modified:datetime(6) id:bigint user_id:int course_edited_timestamp:datetime(6) percent_grade:double passed_timestamp:datetime(6)',
  grades_persistentsubsectiongrade:
    'created:datetime(6) modified:datetime(6) id:bigint user_id:int subtree_edited_timestamp:datetime(6) earned_all:double possible_all:double earned_graded:double possible_graded:double first_attempted:datetime(6)',
  student_anonymoususerid: 'id:int user_id:int',
  student_courseaccessrole: 'id:int user_id:int',
  student_courseenrollment: 'id:int created:datetime(6) is_active:tinyint(1) user_id:int',
  student_courseenrollmentallowed: 'id:int auto_enroll:tinyint(1) created:datetime(6) user_id:int',
  student_languageproficiency: 'id:int user_profile_id:int',
  student_manualenrollmentaudit: 'id:int time_stamp:datetime(6) enrolled_by_id:int enrollment_id:int',
  submissions_score:
    'id:int points_earned:int points_possible:int created_at:datetime(6) reset:tinyint(1) student_item_id:int submission_id:int',
  submissions_scoresummary: 'id:int highest_id:int latest_id:int student_item_id:int',
  submissions_studentitem: 'id:int',
  submissions_submission:
    'id:int attempt_number:int submitted_at:datetime(6) created_at:datetime(6) student_item_id:int team_submission_id:int',
  teams_courseteam: 'id:int date_created:datetime(6) last_activity_at:datetime(6) team_size:int',
  teams_courseteammembership:
    'id:int team_id:int user_id:int date_joined:datetime(6) last_activity_at:datetime(6)',
  user_api_usercoursetag: 'id:int user_id:int',
  user_id_map: 'id:int',
  wiki_article:
    'id:int created:datetime(6) modified:datetime(6) owner_id:int group_id:int group_read:tinyint(1) group_write:tinyint(1) other_read:tinyint(1) other_write:tinyint(1) current_revision_id:int',
  wiki_articlerevision:
    'id:int revision_number:int user_id:int modified:datetime(6) created:datetime(6) previous_revision_id:int deleted:tinyint(1) locked:tinyint(1) article_id:int',
};

const parsed = new Map<string, ReadonlyMap<string, string>>();

/** The type of a column as MySQL declares it; undefined for text and for what is not known. Case does not matter. */
export function knownColumnType(table: string, column: string): string | undefined {
  const name = table.toLowerCase();
  let types = parsed.get(name);
  if (types === undefined) {
    const pairs = (TYPES[name] ?? '').split(' ').filter((pair) => pair !== '');
    types = new Map(pairs.map((pair) => pair.split(':') as [string, string]));
    parsed.set(name, types);
  }
  return types.get(column.toLowerCase());
}
