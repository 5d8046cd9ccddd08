//! The customer of the examples.

use hosted_checkout::noah::models::{
    CustomerIdentity, CustomerInput, FullName, IdType, IndividualCustomerInput, StreetAddress,
};

/// NOAH must know who pays. A customer whom it knows already needs a `CustomerID` alone.
pub(crate) fn ada() -> CustomerInput {
    let identity = CustomerIdentity::builder()
        .issuing_country("GB")
        .id_number("123456789")
        .id_type(IdType::Passport)
        .build();
    let residence = StreetAddress::builder()
        .street("12 St James's Square")
        .city("London")
        .post_code("SW1Y 4JH")
        .state("London")
        .country("GB")
        .build();
    CustomerInput::Individual(
        IndividualCustomerInput::builder()
            .full_name(FullName::builder().first_name("Ada").last_name("Example").build())
            .date_of_birth("1990-12-10")
            .identities(vec![identity])
            .primary_residence(residence)
            .build(),
    )
}
