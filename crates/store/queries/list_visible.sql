-- Every mailbox on whose list something applies to the account, with the entries that do.
with asker as (
  select a.id, a.name, a.is_admin, identifiers_of(a.id) as identifiers
    from account a
   where a.id = $1
), candidate (mailbox) as (
  select c.mailbox
    from asker
   cross join visible_candidates(asker.id, asker.identifiers, asker.is_admin) as c (mailbox)
), entry_list as (
  select c.mailbox,
         array_agg(e.identifier) as identifiers,
         array_agg(e.is_negative) as negatives,
         array_agg(e.rights) as rights
    from asker, candidate c
    join mailbox_name n on n.mailbox = c.mailbox
    join acl_entry e on e.mailbox = n.list_of
   where e.identifier = any (asker.identifiers || 'owner'::text)
   group by c.mailbox
)
select n.mailbox, n.owner, n.path, n.domain, n.special_use, m.rights_version, owner.name as "owner_name?",
       l.identifiers as "identifiers?", l.negatives as "negatives?", l.rights as "rights?"
  from candidate c
  join mailbox_name n on n.mailbox = c.mailbox
  join mailbox m on m.id = c.mailbox
  left join entry_list l on l.mailbox = c.mailbox
  left join account owner on owner.id = n.owner
 order by n.owner, n.path
