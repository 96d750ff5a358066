-- Mailboxes without their messages, as $1 sees them.
select m.id, m.uid_validity, m.uid_next, m.modseq, m.rights_version, m.message_count,
       private_flags_for($1, n.owner, n.private_flags) as "private_flags!",
       array(select k.name from keyword k where k.mailbox = m.id order by k.number) as "keywords!"
  from unnest($2::bigint[]) with ordinality as asked (id, place)
  join mailbox m on m.id = asked.id
  join mailbox_name n on n.mailbox = m.id
 order by asked.place
