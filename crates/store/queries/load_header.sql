-- A mailbox without its messages, and whether there is a snapshot of these.
select m.uid_validity, m.uid_next, m.modseq, m.rights_version, m.log_floor, m.message_count,
       array(select k.name from keyword k where k.mailbox = m.id order by k.number) as "keywords!",
       (select s.modseq from snapshot s where s.mailbox = m.id and s.segment = 0) as "snapshot_modseq?"
  from mailbox m
 where m.id = $1
