//! Take and pay out money through NOAH hosted checkout and Worldline Connect.
