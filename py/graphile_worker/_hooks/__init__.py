"""Events, and the observers and interceptors that are told of them."""
