#include <cstdio>

int main() { std::puts("binferry 0.1.0"); }
