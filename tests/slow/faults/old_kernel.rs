//! A kernel without openat2: what is changed is the same, looked up one name at a time.

use crate::faults::bed::Bed;
use crate::faults::{add, distrust, refresh, remove, replace, rollback};

#[test]
fn every_change_comes_to_the_same_on_a_kernel_without_openat2() {
    let all: [fn() -> Bed; 6] = [add, replace, remove, distrust, rollback, refresh];
    for bed in all {
        let bed = bed();
        let copy = bed.copy();
        copy.on_an_old_kernel().exits(0);
        assert!(
            copy.log()
                .contains("ENOSYS (Function not implemented) (INJECTED)")
        );
        let state = copy.state();
        assert!(state == bed.after, "{}", state.differs_from(&bed.after));
    }
}
