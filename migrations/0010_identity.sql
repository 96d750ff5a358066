-- Groups in groups, and domains that nothing crosses unless it is granted by name.
--
-- Lock order: all changes of groups queue at `lock_groups`, which comes before the rows of groups.

create function domain_of(_name text) returns text
language sql immutable as $$
  select case when strpos(_name, '@') = 0 then '' else split_part(_name, '@', -1) end
$$;

-- The domain that `anyone` and `authenticated` mean on this mailbox; '' for everybody of the site.
alter table mailbox_name add column domain text collate "C" not null default '';

update mailbox_name n
   set domain = domain_of(a.name)
  from account a
 where a.id = n.owner;

-- Whoever owns a mailbox owns it for the own domain, also after a RENAME between trees.
create function set_domain_of_owner() returns trigger
language plpgsql as $$
begin
  if new.owner <> 0 then
    new.domain := (select domain_of(a.name) from account a where a.id = new.owner);
  end if;
  return new;
end
$$;

create trigger domain_of_owner before insert or update of owner on mailbox_name
  for each row execute function set_domain_of_owner();

create table user_group_nesting (
  inner_group bigint not null references user_group on delete cascade,
  outer_group bigint not null references user_group on delete cascade,
  primary key (inner_group, outer_group)
);

create index user_group_nesting_by_outer on user_group_nesting (outer_group);

-- Who is in which group, directly or through other groups. Kept by whatever changes a group, so that
-- asking for rights walks no tree of groups.
create table effective_member (
  account    bigint not null references account on delete cascade,
  user_group bigint not null references user_group on delete cascade,
  primary key (account, user_group)
);

create index effective_member_by_group on effective_member (user_group);

insert into effective_member (account, user_group)
select m.account, m.user_group
  from user_group_member m;

-- The names of the groups that an account is in, however deep.
create function groups_of(_account bigint) returns text[]
language plpgsql stable as $$
begin
  return array(select g.name
                 from effective_member m
                 join user_group g on g.id = m.user_group
                where m.account = _account);
end
$$;

-- The identifiers that mean this account on every mailbox of its domain; none for an account that is
-- not there.
create or replace function identifiers_of(_account bigint) returns text[]
language plpgsql stable as $$
begin
  return (select array['anyone', 'authenticated', 'domain:' || domain_of(a.name), a.name]
                 || array(select 'group:' || g from unnest(groups_of(a.id)) g)
            from account a
           where a.id = _account);
end
$$;

-- The rights of `_account` on `_mailbox`, as acl::effective has them; none where either is not there.
create or replace function rights_of(_account bigint, _mailbox bigint) returns smallint
language plpgsql stable as $$
begin
  return (select (coalesce(bit_or(e.rights) filter (where not e.is_negative), 0::smallint)
                  & ~coalesce(bit_or(e.rights) filter (where e.is_negative), 0::smallint)
                  -- l, a, k and x for owners, and for site administrators where nobody owns; l and a for
                  -- site administrators elsewhere.
                  | case when n.owner = a.id or n.owner = 0 and a.is_admin then 1217
                         when a.is_admin then 1025
                         else 0 end)::smallint
            from account a
            join mailbox_name n on n.mailbox = _mailbox
            left join acl_entry e
                   on e.mailbox = _mailbox
                  and (e.identifier = any (identifiers_of(_account))
                       or e.identifier = 'owner' and n.owner = a.id)
                  and (e.identifier not in ('anyone', 'authenticated')
                       or n.domain in ('', domain_of(a.name)))
           where a.id = _account
           group by a.id, n.owner);
end
$$;

-- A mailbox as one account sees it, with its whole list. No row where either is not there.
create or replace function describe_mailbox(_account bigint, _mailbox bigint) returns table (
  mailbox bigint, owner bigint, uid_validity bigint, rights_version bigint, private_flags bigint,
  special_use text, account_name text, is_admin boolean, groups text[],
  identifiers text[], negatives boolean[], rights smallint[]
)
language sql stable as $$
  select m.id, n.owner, m.uid_validity, m.rights_version,
         case when n.owner = a.id then 0 else n.private_flags end, n.special_use, a.name, a.is_admin,
         groups_of(a.id),
         array(select e.identifier from acl_entry e where e.mailbox = m.id
                order by e.identifier, e.is_negative),
         array(select e.is_negative from acl_entry e where e.mailbox = m.id
                order by e.identifier, e.is_negative),
         array(select e.rights from acl_entry e where e.mailbox = m.id
                order by e.identifier, e.is_negative)
    from account a, mailbox m
    join mailbox_name n on n.mailbox = m.id
   where a.id = _account
     and m.id = _mailbox
$$;

-- A new mailbox with the list, the policy and the domain of the one above it, at the top of the tree
-- that nobody owns with its creator's domain; its creator may do everything.
create or replace function create_mailbox(
  _account bigint, _ground smallint, _below bigint, _version bigint, _needed smallint,
  _owner bigint, _path text, _special_use text
) returns bigint
language plpgsql as $$
declare
  _mailbox bigint;
  _above   bigint;
  _creator text;
begin
  perform lock_tree(_owner);
  _above := nearest_above(_owner, _path, _account);
  perform hold_names(array(select e.identifier from acl_entry e where e.mailbox = _above));
  perform check_warrant(_account, _ground, _below, _version, _needed, _owner, _path);
  select a.name into _creator from account a where a.id = _account;
  insert into mailbox default values returning id into _mailbox;
  insert into mailbox_name (mailbox, owner, path, special_use, private_flags, domain)
  values (_mailbox, _owner, _path, _special_use,
          coalesce((select n.private_flags from mailbox_name n where n.mailbox = _above), 8),
          coalesce((select n.domain from mailbox_name n where n.mailbox = _above),
                   domain_of(_creator)));
  insert into acl_entry (mailbox, identifier, is_negative, rights)
  select _mailbox, _creator, false, 4095
  union all
  select _mailbox, e.identifier, e.is_negative, e.rights
    from acl_entry e
   where e.mailbox = _above
     and e.identifier <> _creator;
  return _mailbox;
end
$$;

-- One change of groups at a time.
create function lock_groups() returns void
language sql as $$
  select pg_advisory_xact_lock(hashtext('postroom groups'), 0)
$$;

-- A group and all that it is in.
create function groups_above(_group bigint) returns bigint[]
language sql stable as $$
  with recursive above (id) as (
    select _group
    union
    select n.outer_group
      from above
      join user_group_nesting n on n.inner_group = above.id
  )
  select array_agg(id) from above
$$;

-- Nobody writes the names of these groups into a list until the transaction ends.
create function hold_groups(_groups bigint[]) returns void
language plpgsql as $$
begin
  perform g.id
     from user_group g
    where g.id = any (_groups)
    order by g.id
      for update;
end
$$;

-- Writes down anew in which groups these accounts are. Callers hold `lock_groups`.
create function refresh_effective_members(_accounts bigint[]) returns void
language plpgsql as $$
begin
  delete from effective_member e where e.account = any (_accounts);
  insert into effective_member (account, user_group)
  with recursive inside (account, user_group) as (
    select m.account, m.user_group
      from user_group_member m
     where m.account = any (_accounts)
    union
    select i.account, n.outer_group
      from inside i
      join user_group_nesting n on n.inner_group = i.user_group
  )
  select i.account, i.user_group from inside i;
end
$$;

-- Makes sessions of whoever reaches a mailbox through these groups ask anew.
create function touch_groups(_groups bigint[]) returns table (mailbox bigint, modseq bigint)
language sql as $$
  select t.mailbox, t.modseq
    from touch_mailboxes(array(
           select distinct e.mailbox
             from user_group g
             join acl_entry e on e.identifier = 'group:' || g.name
            where g.id = any (_groups))) t
$$;

-- Adds somebody to a group, or takes somebody out. What was so already wakes nobody.
create or replace function change_membership(_name text, _account bigint, _is_member boolean)
returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group  bigint;
  _groups bigint[];
begin
  perform lock_groups();
  select g.id into _group from user_group g where g.name = _name;
  if not found or not exists (select from account a where a.id = _account) then
    raise exception using errcode = 'PR001', message = 'no such group or account';
  end if;
  _groups := groups_above(_group);
  perform hold_groups(_groups);
  if _is_member then
    insert into user_group_member (account, user_group) values (_account, _group)
    on conflict (account, user_group) do nothing;
  else
    delete from user_group_member m where m.account = _account and m.user_group = _group;
  end if;
  if found then
    perform refresh_effective_members(array[_account]);
    return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  end if;
end
$$;

-- Puts all of one group into another, or takes them out. What was so already wakes nobody.
create function change_nesting(_outer text, _inner text, _is_member boolean)
returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _outer_group bigint;
  _inner_group bigint;
  _groups      bigint[];
begin
  perform lock_groups();
  select g.id into _outer_group from user_group g where g.name = _outer;
  select g.id into _inner_group from user_group g where g.name = _inner;
  if _outer_group is null or _inner_group is null then
    raise exception using errcode = 'PR001', message = 'no such group';
  end if;
  _groups := groups_above(_outer_group);
  if _is_member and _inner_group = any (_groups) then
    raise exception using errcode = 'PR004', message = 'a group cannot be in itself';
  end if;
  perform hold_groups(_groups);
  if _is_member then
    insert into user_group_nesting (inner_group, outer_group) values (_inner_group, _outer_group)
    on conflict (inner_group, outer_group) do nothing;
  else
    delete from user_group_nesting n
     where n.inner_group = _inner_group and n.outer_group = _outer_group;
  end if;
  if found then
    perform refresh_effective_members(array(
              select e.account from effective_member e where e.user_group = _inner_group));
    return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  end if;
end
$$;

create or replace function delete_group(_name text) returns table (mailbox bigint, modseq bigint)
language plpgsql as $$
#variable_conflict use_column
declare
  _group   bigint;
  _groups  bigint[];
  _members bigint[];
begin
  perform lock_groups();
  select g.id into _group from user_group g where g.name = _name;
  if not found then
    raise exception using errcode = 'PR001', message = 'no such group';
  end if;
  _groups := groups_above(_group);
  perform hold_groups(_groups);
  _members := array(select e.account from effective_member e where e.user_group = _group);
  return query select t.mailbox, t.modseq from touch_groups(_groups) t;
  delete from user_group g where g.id = _group;
  perform refresh_effective_members(_members);
  delete from acl_entry e where e.identifier = 'group:' || _name;
end
$$;
