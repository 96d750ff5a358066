-- A mailbox without its messages, and whether there is a snapshot of these.
select m.uid_validity, m.uid_next, m.modseq, m.rights_version, m.log_floor, m.message_count,
       array(select k.name from keyword k where k.mailbox = m.id order by k.number) as "keywords!",
       s.modseq as "snapshot_modseq?", s.uid_next as "snapshot_uid_next?"
  from mailbox m
  left join snapshot s on s.mailbox = m.id and s.segment = 0
 where m.id = $1
