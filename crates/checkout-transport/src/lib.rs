//! One signed attempt over HTTP, with deadlines, a body cap and an error that says whether money may have moved.
