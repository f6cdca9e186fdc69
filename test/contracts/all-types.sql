-- The tables of the source contract: every MySQL type with its extreme values, and text and keys that are
-- easily got wrong. What must come out is in all-types.ts. Runs on any MariaDB or MySQL server.
SET NAMES utf8mb4;
SET time_zone = '+00:00';
SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO';

CREATE TABLE numbers (
  id int NOT NULL,
  tiny tinyint, tiny_u tinyint unsigned, bool_ tinyint(1), small smallint, small_u smallint unsigned,
  medium mediumint, medium_u mediumint unsigned, normal int, normal_u int unsigned,
  big bigint, big_u bigint unsigned, filled int(6) unsigned zerofill,
  dec_10_2 decimal(10,2), dec_38_10 decimal(38,10), dec_65_30 decimal(65,30), dec_u decimal(20,0) unsigned,
  single float, dble double,
  bit_1 bit(1), bit_10 bit(10), bit_64 bit(64), year_ year,
  PRIMARY KEY (id)
) DEFAULT CHARSET = utf8mb4;
INSERT INTO numbers VALUES
(0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(1, -128, 0, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, 0, 42,
 -99999999.99, -9999999999999999999999999999.9999999999, -99999999999999999999999999999999999.999999999999999999999999999999, 0,
 -1.5, -1.7976931348623157e308, b'0', b'0', b'0', 1901),
(2, 127, 255, 1, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, 9223372036854775807, 18446744073709551615, 999999,
 99999999.99, 9999999999999999999999999999.9999999999, 99999999999999999999999999999999999.999999999999999999999999999999, 99999999999999999999,
 0.25, 1.7976931348623157e308, b'1', b'1111111111', b'1111111111111111111111111111111111111111111111111111111111111111', 2155),
(3, 0, 1, 2, 0, 1, 0, 1, 0, 1, 9007199254740993, 9223372036854775808, 0, 0, 0.0000000001, 0.000000000000000000000000000001, 1,
 65536, 2.2250738585072014e-308, b'1', b'1000000001', b'1000000000000000000000000000000000000000000000000000000000100000', 0),
(-4, 10, 34, 39, 92, 96, 10, 13, 0, 26, -1, 1, 7, 0.01, -0.0000000001, 1.5, 18446744073709551615, 0, 0.1,
 b'0', b'101100', b'10011100100111', 2024);

CREATE TABLE times (
  id int NOT NULL,
  day_ date, moment datetime, moment_3 datetime(3), moment_6 datetime(6),
  stamp timestamp NULL, stamp_6 timestamp(6) NULL, span time, span_6 time(6),
  PRIMARY KEY (id)
) DEFAULT CHARSET = utf8mb4;
INSERT INTO times VALUES
(1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(2, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '00:00:00', '-00:00:00.000001'),
(3, '2024-00-15', '2024-00-00 01:02:03', '2024-02-30 01:02:03.004', '2024-01-00 23:59:59.999999', '1970-01-01 00:00:01', '1970-01-01 00:00:01.000001', '-838:59:59', '-838:59:59.999999'),
(4, '0001-01-01', '0001-01-01 00:00:00', '1000-01-01 00:00:00.001', '0001-01-01 00:00:00.000001', '2038-01-19 03:14:07', '2038-01-19 03:14:07.999999', '838:59:59', '838:59:59.999999'),
(5, '9999-12-31', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999', '9999-12-31 23:59:59.999999', '2024-03-31 02:30:00', '2024-10-27 01:30:00.5', '25:00:00', '00:00:00.1'),
(6, '2024-02-29', '2024-02-29 12:00:00', '2024-02-29 12:00:00.5', '2024-02-29 12:00:00.25', '2000-01-01 00:00:00', '2000-01-01 00:00:00', '12:34:56', '12:34:56.7');

CREATE TABLE texts (
  id int NOT NULL,
  fixed char(10), vary varchar(200) NOT NULL, tiny tinytext, normal text, medium mediumtext, large longtext,
  old varchar(50) CHARACTER SET latin1, choice enum('a','b,c','d''e','f)','',' g '), many set('x','y','z z'), doc json,
  PRIMARY KEY (id)
) DEFAULT CHARSET = utf8mb4;
INSERT INTO texts VALUES
(1, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(2, '', 'NULL', '', '', '', '', '', '', '', '{}'),
(3, 'NULL', 'null', 'NULL', '\\N', 'DEFAULT', '0', 'x', 'b,c', 'x,z z', '{"a": 1.0, "b": [null, "\\u00e9", "\\"q\\""]}'),
(4, 'é', '日本語 😀 Ünï', 'a\\b', 'it''s "quoted" `ticked`', '),(1,''x'');\nINSERT INTO `texts` VALUES (', '-- no comment /* nor this */ # nor this', 'é€Ÿ', 'd''e', 'y', '"text"'),
(5, 'a\\', '\\', '\'', '"', 'line\nline\r\nline\rtab\tend', '\0zero\Zsub\bback', 'ÿ', 'f)', 'x,y,z z', '[1, 2]'),
(6, '%_', '\\%\\_%_', '  spaces  ', 'a,b;c', 'trailing backslash\\', '\\\\''\\''\\"', ' ', ' g ', 'z z', 'null'),
(7, '.', '/*!40101 SET x */', '--', '#', ';', ');', '?', 'a', '', 'true');

CREATE TABLE bytes (
  id int NOT NULL,
  fixed binary(4), vary varbinary(300), tiny tinyblob, normal blob, medium mediumblob, large longblob,
  place geometry,
  PRIMARY KEY (id)
) DEFAULT CHARSET = utf8mb4;
INSERT INTO bytes VALUES
(1, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(2, '', '', '', '', '', '', ST_GeomFromText('POINT(1 2)')),
(3, x'00010203', x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
 x'27', x'5c27', x'5c5c', x'c3a9ff', NULL),
(4, x'ff', 'NULL', x'00', x'0a0d', x'2c28', x'293b', ST_GeomFromText('LINESTRING(0 0,-1.5 2.5)'));

CREATE TABLE `no key` (a int NOT NULL, b varchar(5)) DEFAULT CHARSET = utf8mb4;
INSERT INTO `no key` VALUES (1, 'x'), (1, 'x'), (2, NULL);

CREATE TABLE `odd``name, (ü)` (
  `select` int NOT NULL, `a``b` varchar(10) NOT NULL COMMENT 'it''s a ), (comment;', `c d` int DEFAULT 5,
  `é` varchar(20) DEFAULT '),(', `primary` int, KEY (`primary`), UNIQUE KEY `u;` (`c d`), PRIMARY KEY (`a``b`, `select`)
) DEFAULT CHARSET = utf8mb4 COMMENT = 'x; y';
INSERT INTO `odd``name, (ü)` VALUES (1, 'one', NULL, 'eins', 10), (2, 'two', 7, NULL, NULL);

CREATE TABLE vacant (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, note text) DEFAULT CHARSET = utf8mb4;

CREATE VIEW a_view AS SELECT id, vary FROM texts;
