-- Whether the lists let an account know of a mailbox before what was noted in `entry_change` and `member_change`: as rights_of, with
-- entries and groups as they were. What site administrators may by themselves is not asked for here.
create or replace function knew_before(_account bigint, _mailbox bigint) returns boolean
language plpgsql stable as $$
declare
  _list   bigint;
  _domain text;
  _is_in  boolean;
  _names  text[];
begin
  select n.list_of, n.domain into _list, _domain from mailbox_name n where n.mailbox = _mailbox;
  select _domain in ('', domain_of(a.name)) into _is_in from account a where a.id = _account;
  _names := array(
    select i
      from unnest(identifiers_of(_account)) i
     where (_is_in or i not in ('anyone', 'authenticated'))
       and not exists (select
                         from member_change c
                         join user_group g on g.id = c.user_group
                        where c.account = _account
                          and not c.was_member
                          and 'group:' || g.name = i)
    union
    select 'group:' || g.name
      from member_change c
      join user_group g on g.id = c.user_group
     where c.account = _account
       and c.was_member);
  return (
    select coalesce(bool_or(not b.is_negative) and not bool_or(b.is_negative), false)
      from (select e.is_negative
              from entries_naming(_mailbox, _names) e
             where e.rights & 1 /* rights: l */ <> 0
               and not exists (select
                                 from entry_change c
                                where c.mailbox = _list
                                  and c.identifier = e.identifier
                                  and c.is_negative = e.is_negative)
            union all
            select c.is_negative
              from entry_change c
             where c.mailbox = _list
               and c.had_lookup
               and c.identifier = any (_names)) b);
end
$$;
