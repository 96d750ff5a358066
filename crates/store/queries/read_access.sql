-- One account on one mailbox: who that is, and the entries of the list that may have a say.
select m.rights_version, n.owner, n.domain,
       private_flags_for(a.id, n.owner, n.private_flags) as "private_flags!", a.name, a.is_admin, groups_of(a.id) as "groups!",
       coalesce(array_agg(e.identifier order by e.identifier, e.is_negative)
                  filter (where e.mailbox is not null), '{}') as "identifiers!",
       coalesce(array_agg(e.is_negative order by e.identifier, e.is_negative)
                  filter (where e.mailbox is not null), '{}') as "negatives!",
       coalesce(array_agg(e.rights order by e.identifier, e.is_negative)
                  filter (where e.mailbox is not null), '{}') as "rights!"
  from account a
  join mailbox m on m.id = $2
  join mailbox_name n on n.mailbox = m.id
  left join entries_naming(m.id, identifiers_of(a.id) || 'owner'::text) e on true
 where a.id = $1
 group by a.id, m.id, n.mailbox
