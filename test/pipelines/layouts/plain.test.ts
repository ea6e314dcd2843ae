import { testProduct } from './product.ts'

testProduct('not compressed')
