//! The `[[route]]` tables of the config file, as the server takes them, and the styles of their streams.

use std::sync::Arc;
use std::time::Duration;

use crate::broker::{Farewell, MOST_STYLES, Style, StyleId};
use crate::cli::config::{Message, RouteTable};
use crate::cli::failure::Failure;
use crate::server::Route;
use crate::wire::Event;

/// Routes, and all styles that there are, the usual one first.
#[derive(Debug)]
pub(super) struct Routes {
    pub(super) routes: Vec<Route>,
    pub(super) styles: Arc<[Style]>,
}

impl Routes {
    /// Makes sure that they make sense; `is_open` is that no token is looked at.
    pub(super) fn new(tables: Vec<RouteTable>, usual: Style, is_open: bool) -> Result<Self, Failure> {
        let (mut routes, mut styles) = (Vec::<Route>::new(), vec![usual]);
        for table in tables {
            let style = style(&table, &styles[0]);
            let route = route(table, StyleId::new(styles.len()));
            let wrong = |said: &str| Err(Failure::usage(format!("the route {} {said}", route.path)));
            if let Some(earlier) = routes.iter().find(|earlier| earlier.path.covers(&route.path)) {
                return wrong(&format!("is never reached: {} comes first and takes its requests", earlier.path));
            }
            if is_open && route.looks_at_tokens() {
                return wrong("looks at tokens, and --auth asks for none");
            }
            if let Some(place) = route.missing_place() {
                return wrong(&format!("has no {{path.{place}}}, which one of its topics names"));
            }
            if styles.len() == MOST_STYLES {
                return wrong(&format!("is one too many: there can be {}", MOST_STYLES - 1));
            }
            styles.push(style);
            routes.push(route);
        }
        Ok(Self { routes, styles: styles.into() })
    }
}

/// The routes of a broker that asks for tokens, for whoever wants to know what may be heard there.
pub(in crate::cli) fn of_tokens(tables: Vec<RouteTable>) -> Result<Vec<Route>, Failure> {
    let style = Style { heartbeat: Duration::MAX, comment: String::new(), farewell: Farewell { event: None } };
    Ok(Routes::new(tables, style, false)?.routes)
}

/// What the streams of a route say beside their events; the usual, where it says nothing.
fn style(table: &RouteTable, usual: &Style) -> Style {
    Style {
        heartbeat: table.heartbeat.unwrap_or(usual.heartbeat),
        comment: table.heartbeat_text.clone().unwrap_or_else(|| usual.comment.clone()),
        farewell: match &table.shutdown {
            Some(Message { event, data }) => Farewell { event: Some((event.clone(), data.clone())) },
            None => usual.farewell.clone(),
        },
    }
}

fn route(table: RouteTable, style: StyleId) -> Route {
    let hello = table.hello.map(|Message { event, data }| Event { name: event, data, id: None, retry: None });
    let RouteTable { path, topics, roles, events, snapshot, .. } = table;
    Route { path, topics: topics.into_iter().map(|topic| topic.0).collect(), roles, events, hello, snapshot, style }
}
