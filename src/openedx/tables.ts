/**
 * What is known of the tables of Open edX by name. Column names are those of the LMS's Django models; names are
 * compared without regard to letter case, as MySQL compares column names.
 */
export interface KnownTable {
  /** Columns that the table is partitioned by where nothing else is asked. */
  readonly partitionFields?: readonly string[];
  /** Columns with data of people: no minimum and maximum of them is kept anywhere. */
  readonly private?: readonly string[];
  /**
   * Columns that are never read, NULL in the lake: password hashes, credentials, identity photographs, and the
   * old names of retired users.
   */
  readonly withheld?: readonly string[];
}

const KNOWN: Readonly<Record<string, KnownTable>> = {
  auth_user: { private: ['username', 'first_name', 'last_name', 'email'], withheld: ['password'] },
  auth_userprofile: {
    private: [
      'name',
      'meta',
      'courseware',
      'language',
      'location',
      'year_of_birth',
      'gender',
      'level_of_education',
      'mailing_address',
      'city',
      'country',
      'goals',
      'bio',
      'phone_number',
      'state',
    ],
  },
  auth_registration: { withheld: ['activation_key'] },
  authtoken_token: { withheld: ['key'] },
  certificates_generatedcertificate: {
    private: ['name', 'verify_uuid', 'download_uuid', 'download_url', 'key'],
  },
  course_groups_unregisteredlearnercohortassignments: { private: ['email'] },
  courseware_studentmodule: { partitionFields: ['course_id'], private: ['state'] },
  courseware_studentmodulehistory: { private: ['state'] },
  coursewarehistoryextended_studentmodulehistoryextended: { private: ['state'] },
  django_session: { withheld: ['session_key', 'session_data'] },
  enterprise_enterprisecustomer: { private: ['contact_email', 'reply_to', 'sender_alias'] },
  enterprise_pendingenterprisecustomeruser: { private: ['user_email'] },
  external_user_ids_externalid: { private: ['external_user_id'] },
  grades_persistentsubsectiongradeoverride: { private: ['override_reason'] },
  oauth2_provider_accesstoken: { withheld: ['token'] },
  oauth2_provider_application: { withheld: ['client_secret'] },
  oauth2_provider_grant: { withheld: ['code'] },
  oauth2_provider_refreshtoken: { withheld: ['token'] },
  site_configuration_siteconfiguration: { private: ['site_values'] },
  social_auth_usersocialauth: { private: ['uid'], withheld: ['extra_data'] },
  student_anonymoususerid: { private: ['anonymous_user_id'] },
  student_courseenrollmentallowed: { private: ['email'] },
  student_historicalmanualenrollmentaudit: { private: ['enrolled_email', 'reason'] },
  student_manualenrollmentaudit: { private: ['enrolled_email', 'reason'] },
  student_passwordhistory: { withheld: ['password'] },
  student_pendingemailchange: { private: ['new_email'], withheld: ['activation_key'] },
  submissions_scoreannotation: { private: ['creator', 'reason'] },
  submissions_studentitem: { private: ['student_id'] },
  submissions_submission: { private: ['raw_answer'] },
  // The names of people who asked to be forgotten.
  user_api_userretirementstatus: { withheld: ['original_username', 'original_email', 'original_name'] },
  verify_student_manualverification: { private: ['name'] },
  verify_student_softwaresecurephotoverification: {
    private: ['name'],
    withheld: ['face_image_url', 'photo_id_image_url', 'photo_id_key'],
  },
  verify_student_ssoverification: { private: ['name'] },
};

/** What is known of a table; an empty answer for one that is not Open edX's. */
export function knownTable(table: string): KnownTable {
  return KNOWN[table.toLowerCase()] ?? {};
}

/** True where `column` stands in one of the lists above. */
export function includesColumn(list: readonly string[] | undefined, column: string): boolean {
  return list !== undefined && list.includes(column.toLowerCase());
}
