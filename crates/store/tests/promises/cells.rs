//! What several databases behind the same frontends need of the schema (docs/adr/0083-what-is-ready-for-cells.md).

use mail::Place;
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use store::Store;

use crate::world::{World, append, found, inbox};

/// Ids of a cell are those from its number << 48 to the next one's.
const IDS_OF_A_CELL: i64 = 1 << 48;

/// Makes an empty database cell `$1`: its sequences give out its ids, and its UIDVALIDITYs are above all of `$2` and before.
const BEGIN_CELL: &str = "
do $$
declare
  _cell  bigint := current_setting('cell.number')::bigint;
  _table text;
  _id    text;
begin
  for _table, _id in
    select table_name, column_name
      from information_schema.columns
     where table_schema = 'public' and is_identity = 'YES'
  loop
    execute format(
      'alter table %1$I alter column %2$I set maxvalue %4$s set minvalue %3$s set start %3$s restart',
      _table, _id, (_cell << 48) + 1, ((_cell + 1) << 48) - 1);
  end loop;
end $$";

impl World {
    /// A database of its own that is cell `number`, and has the key and the UIDVALIDITYs behind those of `first`.
    async fn cell(number: i64, first: &Self) -> Self {
        let world = Self::new().await;
        let mut of_first = PgConnection::connect(&first.url).await.unwrap();
        let found = of_first
            .fetch_one("select key, (select last_value from uid_validity) from object_key")
            .await
            .unwrap();
        let (key, uid_validity): (Vec<u8>, i64) = (found.get(0), found.get(1));
        let mut admin = PgConnection::connect(&world.url).await.unwrap();
        let number = format!("set cell.number = {number}");
        admin.execute(sqlx::AssertSqlSafe(number)).await.unwrap();
        admin.execute(BEGIN_CELL).await.unwrap();
        let same = sqlx::query("update object_key set key = $1").bind(key);
        same.execute(&mut admin).await.unwrap();
        let above = sqlx::query("select setval('uid_validity', $1 + 1000000)").bind(uid_validity);
        above.execute(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        let store = world.another_node().await;
        Self { store, ..world }
    }

    /// A column that gives out ids by itself, of which none is above what a cell may have.
    async fn unbounded_ids(&self) -> Vec<String> {
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        let unbounded = sqlx::query_scalar(
            "select table_name || '.' || column_name
               from information_schema.columns
              where table_schema = 'public'
                and is_identity = 'YES'
                and identity_maximum::bigint <> $1",
        );
        let unbounded = unbounded.bind(IDS_OF_A_CELL - 1);
        unbounded.fetch_all(&mut admin).await.unwrap()
    }
}

/// What a new account's INBOX with a message in it is called by.
#[derive(Debug)]
struct Given {
    id: i64,
    uid_validity: u32,
    object_id: String,
}

async fn newcomer(store: &Store, name: &str) -> Given {
    let account = store.create_account(name, None, false).await.unwrap();
    let mailbox = inbox(store, account).await;
    append(store, account, mailbox, &["hello"]).await;
    Given {
        id: mailbox.0,
        uid_validity: found(store, account, mailbox).await.uid_validity.get(),
        object_id: store.object_ids().mailbox(mailbox),
    }
}

#[tokio::test]
async fn every_id_leaves_room_for_other_cells() {
    let world = World::new().await;
    assert_eq!(world.unbounded_ids().await, Vec::<String>::new());
}

#[tokio::test]
async fn two_cells_in_one_process_give_out_nothing_twice() {
    let first = World::new().await;
    let before = newcomer(&first.store, "ada").await;
    let second = World::cell(1, &first).await;
    let there = newcomer(&second.store, "bo").await;
    let here = newcomer(&first.store, "cy").await;
    assert!(before.id < here.id && here.id < IDS_OF_A_CELL, "{here:?}");
    assert!(
        (IDS_OF_A_CELL..2 * IDS_OF_A_CELL).contains(&there.id),
        "{there:?}"
    );
    assert!(before.uid_validity < here.uid_validity && here.uid_validity < there.uid_validity);
    assert_ne!(there.object_id, here.object_id);
}

/// Who lives in another cell is nobody here: nothing of theirs is found by COPY, SELECT or SETACL.
#[tokio::test]
async fn who_lives_in_another_cell_is_not_known_here() {
    let first = World::new().await;
    let second = World::cell(1, &first).await;
    newcomer(&second.store, "bo").await;
    let root = first.admin().await;
    let elsewhere = Place::Theirs {
        owner: "bo".into(),
        path: "INBOX".into(),
    };
    assert!(second.store.find_account("bo").await.unwrap().is_some());
    assert!(first.store.find_account("bo").await.unwrap().is_none());
    assert!(
        first
            .store
            .resolve(root, &elsewhere)
            .await
            .unwrap()
            .is_none()
    );
}
