-- The benchmarks' tables, and what fills and changes them: sysbench-like rows. For MariaDB (its SEQUENCE engine).
CREATE DATABASE sbtest;
USE sbtest;
CREATE TABLE sbtest1(id INT UNSIGNED NOT NULL AUTO_INCREMENT, k INT UNSIGNED NOT NULL DEFAULT 0,
  c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', PRIMARY KEY(id), KEY k_1(k));
CREATE TABLE orders(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, total DECIMAL(12,2) NOT NULL,
  status ENUM('new','paid','sent','done') NOT NULL, note VARCHAR(200), created DATETIME(3) NOT NULL, weight DOUBLE,
  KEY(customer));
DELIMITER //
-- The loading phase of sysbench: many rows a transaction.
CREATE PROCEDURE load_rows(batches INT)
BEGIN
  DECLARE i INT DEFAULT 0;
  WHILE i < batches DO
    INSERT INTO sbtest1(k, c, pad) SELECT FLOOR(RAND()*1000000),
      CONCAT_WS('-', LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'),
        LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'),
        LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'),
        LPAD(FLOOR(RAND()*1e11),11,'0')),
      CONCAT_WS('-', LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'),
        LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0')) FROM seq_1_to_2000;
    INSERT INTO orders(customer, total, status, note, created, weight)
      SELECT FLOOR(RAND()*100000), RAND()*10000, 1+FLOOR(RAND()*4), CONCAT('note ', MD5(RAND())),
        '2024-01-01' + INTERVAL FLOOR(RAND()*3e7) SECOND, RAND()*100 FROM seq_1_to_1000;
    SET i = i + 1;
  END WHILE;
END//
-- The oltp_read_write phase: two updates, a delete and an insert a transaction.
CREATE PROCEDURE run_oltp(transactions INT, highest INT)
BEGIN
  DECLARE i INT DEFAULT 0;
  DECLARE victim INT;
  DECLARE other INT;
  WHILE i < transactions DO
    SET victim = 1 + FLOOR(RAND()*highest), other = 1 + FLOOR(RAND()*highest);
    START TRANSACTION;
    UPDATE sbtest1 SET k = k + 1 WHERE id = other;
    UPDATE sbtest1 SET c = REVERSE(c) WHERE id = victim;
    DELETE FROM sbtest1 WHERE id = victim;
    INSERT INTO sbtest1(id, k, c, pad) VALUES (victim, victim, REPEAT('c-1234567', 13), REPEAT('pad-12345', 6));
    COMMIT;
    SET i = i + 1;
  END WHILE;
END//
DELIMITER ;
