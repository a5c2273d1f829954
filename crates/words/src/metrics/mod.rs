//! How captions are compared with what people wrote.
