//! Faults of targets over real sockets and real TLS: each has its kind and its sentence, keeps the phases before it, and
//! costs no more than its timeout.

mod support;

/// One test for each fault of the catalogue, and the list of all of them.
macro_rules! faults {
    ($($area:ident: $($name:ident,)+;)+) => {
        $(mod $area {
            $(#[tokio::test]
            async fn $name() {
                crate::support::faults::$area::$name().await.check().await;
            })+
        })+

        /// Every fault, ready to be met, with its name.
        #[allow(dead_code)]
        async fn all() -> Vec<(&'static str, support::faults::Fault)> {
            vec![$($((stringify!($name), support::faults::$area::$name().await),)+)+]
        }
    };
}

faults! {
    names:
        a_name_that_does_not_exist_is_not_found,
    ;
    connecting:
        a_closed_port_refuses,
    ;
}
