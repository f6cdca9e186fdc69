/** A small, complete dump: a table with secrets and a zero date, a partitioned one, an empty one. */
export const DUMP = `-- MariaDB dump 10.19
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
CREATE TABLE \`auth_user\` (
  \`id\` int(11) NOT NULL AUTO_INCREMENT, \`username\` varchar(150) NOT NULL, \`password\` varchar(128) NOT NULL,
  \`last_login\` datetime(6) DEFAULT NULL, PRIMARY KEY (\`id\`)
);
LOCK TABLES \`auth_user\` WRITE;
INSERT INTO \`auth_user\` VALUES (1,'ada','HASH-CANARY','2026-01-02 03:04:05.000006'),(2,'grace','HASH-CANARY',NULL),(3,'','HASH-CANARY','0000-00-00 00:00:00.000000');
UNLOCK TABLES;
CREATE TABLE \`courseware_studentmodule\` (\`id\` bigint(20) NOT NULL, \`course_id\` varchar(255) DEFAULT NULL, \`grade\` double DEFAULT NULL, PRIMARY KEY (\`id\`));
LOCK TABLES \`courseware_studentmodule\` WRITE;
INSERT INTO \`courseware_studentmodule\` VALUES (1,'course-v1:A+B+C',0.5),(9223372036854775807,'Org/Old/Run',NULL),(3,'course-v1:A+B+C',1);
UNLOCK TABLES;
CREATE TABLE \`empty_table\` (\`id\` int(11) NOT NULL, \`note\` text);
-- Dump completed on 2026-01-01  0:00:00
`;
