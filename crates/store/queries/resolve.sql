-- The mailboxes that names mean, each as its asker sees it, and how far it is; none for a name that means nothing.
select asked.place as "place!", n.mailbox, m.uid_validity, m.rights_version, n.special_use,
       m.modseq, m.uid_next, m.message_count, m.byte_count, m.deleted_count, m.unseen_count,
       r.uid_next as "claimed?"
  from unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[]) with ordinality
         as asked (asker, kind, owner_name, path, place)
  join account a on a.id = asked.asker
 cross join lateral (
         select n.mailbox, n.special_use
           from mailbox_name n
          where n.owner = owner_of_place(asked.asker, asked.kind, asked.owner_name)
            and n.path = asked.path
         offset 0
       ) n
  join mailbox m on m.id = n.mailbox
  left join recent_claim r on r.account = asked.asker and r.mailbox = n.mailbox
 limit cardinality($1::bigint[])
