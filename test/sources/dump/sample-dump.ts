/** A small dump as mariadb-dump writes it, with what usually stands around the rows. */
export const SAMPLE_DUMP = String.raw`/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: school
-- ------------------------------------------------------
-- Server version	10.11.19-MariaDB

/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;

--
-- Table structure for table ${'`'}answer${'`'}
--

DROP TABLE IF EXISTS ${'`'}answer${'`'};
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE ${'`'}answer${'`'} (
  ${'`'}id${'`'} bigint(20) NOT NULL AUTO_INCREMENT,
  ${'`'}state${'`'} longtext DEFAULT NULL COMMENT 'it''s (a) "state";',
  ${'`'}grade${'`'} double DEFAULT NULL,
  ${'`'}seen${'`'} timestamp(6) NULL DEFAULT NULL,
  PRIMARY KEY (${'`'}id${'`'}),
  KEY ${'`'}grade${'`'} (${'`'}grade${'`'})
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4;
/*!40101 SET character_set_client = @saved_cs_client */;

LOCK TABLES ${'`'}answer${'`'} WRITE;
/*!40000 ALTER TABLE ${'`'}answer${'`'} DISABLE KEYS */;
INSERT INTO ${'`'}answer${'`'} VALUES
(1,'{\"a\": \"it\'s\\n\"}',0.5,'2024-01-01 00:00:00.000000'),
(2,'),(\\',NULL,NULL),
(3,'日本 😀;',1e-7,'2024-01-01 00:00:00.123456');
INSERT INTO ${'`'}answer${'`'} VALUES
(4,'',0,NULL);
/*!40000 ALTER TABLE ${'`'}answer${'`'} ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table ${'`'}empty${'`'}
--

CREATE TABLE ${'`'}empty${'`'} (
  ${'`'}id${'`'} int(11) NOT NULL
) ENGINE=InnoDB;

LOCK TABLES ${'`'}empty${'`'} WRITE;
/*!40000 ALTER TABLE ${'`'}empty${'`'} DISABLE KEYS */;
/*!40000 ALTER TABLE ${'`'}empty${'`'} ENABLE KEYS */;
UNLOCK TABLES;
/*!50003 SET sql_mode              = 'STRICT_TRANS_TABLES' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=${'`'}root${'`'}@${'`'}localhost${'`'}*/ /*!50003 trigger x before insert on empty for each row begin set new.id=3; end */;;
DELIMITER ;

SET @saved_cs_client     = @@character_set_client;
/*!50001 CREATE VIEW ${'`'}grades${'`'} AS SELECT
 1 AS ${'`'}grade${'`'} */;

CREATE TABLE ${'`'}who${'`'} (
  ${'`'}name${'`'} varchar(30) NOT NULL,
  ${'`'}raw${'`'} varbinary(20) DEFAULT NULL
) ENGINE=InnoDB;

LOCK TABLES ${'`'}who${'`'} WRITE;
INSERT INTO ${'`'}who${'`'} (${'`'}name${'`'}, ${'`'}raw${'`'}) VALUES ('Zoë',0x00FF0A),('O\'Brien',_binary '\0\'\\');
UNLOCK TABLES;
/*!50001 DROP VIEW IF EXISTS ${'`'}grades${'`'}*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=${'`'}root${'`'}@${'`'}localhost${'`'} SQL SECURITY DEFINER */
/*!50001 VIEW ${'`'}grades${'`'} AS select ${'`'}answer${'`'}.${'`'}grade${'`'} AS ${'`'}grade${'`'} from ${'`'}answer${'`'} */;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;

-- Dump completed on 2024-01-01  0:00:00
`;
